import FlowCore
import FlowErrors
import StudyParticipants
import StudyProcessors

/// Readers of what tells of time: the plan that an error entry holds, and zone files; and the repair of broken text.
extension FuzzTarget {
  private static let dataTypes = ["intraday-steps", "daily-activity"]
  /// Years 1 to 9999: what a date of the calendar can name.
  private static let calendar: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  /// The content of an entry of SliceTimeRange, as replay reads it: from the file to the slices that would be asked.
  static func readSlicePlan(_ bytes: [UInt8]) throws {
    let batch: RecordBatch
    do { batch = try RecordLines.batch(from: bytes) } catch is Diagnostic { return }
    let plan: WaitingPlan?
    do { plan = try WaitingPlan(batch, dataTypes: dataTypes) } catch { return }
    guard let plan else { return }
    if try WaitingPlan(plan.batch, dataTypes: dataTypes) != plan { throw BrokenPromise(description: "a plan does not read back as it was written") }
    for handed in plan.slices {
      guard let clock = CivilZone(handed.slice.zone) else { throw BrokenPromise(description: "a slice's zone is unknown") }
      _ = (clock.date(at: handed.slice.start), clock.timeOfDay(at: handed.slice.end - 60), clock.endOfDay(at: handed.slice.start))
    }
    for place in plan.rest.values { try resume(at: place) }
  }

  /// The slices that follow a place: none before it, and no more than the history has.
  private static func resume(at place: Int64) throws {
    guard calendar.contains(place) else { throw BrokenPromise(description: "a plan goes on at \(place), which is not a date") }
    for step in [SliceStep.clock(seconds: 6 * 3600), .civilDay] {
      let request = SliceRequest(
        enrolled: 1_772_900_000, latestSync: 1_773_100_000, step: step, zone: .utc, rereadSeconds: 172_800, ledger: [])
      var count = 0
      for slice in SliceSequence(request, from: place) {
        count += 1
        if slice.start < place || count > 20 { throw BrokenPromise(description: "\(slice) is not of the history after \(place)") }
      }
    }
  }

  static func readZoneFile(_ bytes: [UInt8]) throws {
    guard case .table(let table) = ZoneFile.read(bytes) else { return }
    let clock: [Int64] = [.min, -5_000_000_000, 0, 1_772_928_000, 4_102_444_800, 253_402_300_799, .max]
    for instant in clock + table.changes.map(\.start) {
      let offset = table.change(at: instant).offset
      if !(-90_000...94_000).contains(offset) { throw BrokenPromise(description: "an offset of \(offset) seconds") }
    }
    if zip(table.changes, table.changes.dropFirst()).contains(where: { $0.start >= $1.start }) {
      throw BrokenPromise(description: "the changes of a zone are not in order")
    }
  }

  static func readBrokenText(_ bytes: [UInt8]) throws {
    let repaired = AnswerText.repaired(bytes)
    // A half surrogate of one unit becomes three bytes, an escape of a control character six.
    if repaired.count > 8 * bytes.count + 16 { throw BrokenPromise(description: "\(bytes.count) bytes became \(repaired.count)") }
    if String(validating: repaired, as: UTF8.self) == nil { throw BrokenPromise(description: "what was repaired is not UTF-8") }
    // Unless it looks like another encoding now: zeros outside of any text, which no reader of JSON takes.
    if AnswerText.decoded(repaired) == repaired, AnswerText.repaired(repaired) != repaired { throw BrokenPromise(description: "what was repaired is repaired again") }
    // What could be read stays readable.
    if (try? JSONTree(parsing: bytes)) != nil, (try? JSONTree(parsing: repaired)) == nil {
      throw BrokenPromise(description: "a document that could be read cannot be read any more")
    }
  }
}
