import FlowCore
import Foundation

/// Finds the steps of FlowFiles in the files of a state folder. All methods block.
struct ProvenanceReader: Sendable {
  private static let chunk = 1 << 20

  let folder: ProvenanceFolder

  /// The steps of a FlowFile and its ancestors in one run, in order; empty if the run's file is gone or knows nothing of it.
  func steps(of uuid: String, in run: String) throws -> [ProvenanceStep] {
    guard try folder.fileSystem.status(folder.file(of: run)) != nil else { return [] }
    var wanted = uuid
    var seen: Set<String> = []
    var found: [[ProvenanceStep]] = []
    // A parent's steps come before its child's, so each generation is one more look.
    while seen.insert(wanted).inserted {
      let steps = try lines(with: wanted, in: folder.file(of: run)).filter { $0.uuid == wanted }
      found.insert(steps, at: 0)
      guard let parent = steps.first(where: { $0.from != nil })?.from else { break }
      wanted = parent
    }
    return found.flatMap { $0 }
  }

  /// The lines of a file that contain a text. What is no whole line, as the last one of a killed run may be, is left out.
  private func lines(with text: String, in file: String) throws -> [ProvenanceStep] {
    let needle = Array(text.utf8)
    var found: [ProvenanceStep] = [], rest: [UInt8] = [], offset: Int64 = 0
    let decoder = JSONDecoder()
    while case let part = try folder.fileSystem.readChunk(file, at: offset, count: Self.chunk), !part.isEmpty {
      offset += Int64(part.count)
      rest += part
      guard let end = rest.lastIndex(of: 0x0A) else { continue }
      for place in Self.places(of: needle, in: rest, before: end) {
        let start = rest[..<place].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let stop = rest[place...].firstIndex(of: 0x0A) ?? end
        do { found.append(try decoder.decode(ProvenanceStep.self, from: Data(rest[start..<stop]))) } catch is DecodingError { continue }
      }
      rest.removeFirst(end + 1)
    }
    return found
  }

  /// Where a text stands, once for each line.
  private static func places(of needle: [UInt8], in bytes: [UInt8], before end: Int) -> [Int] {
    let data = Data(bytes[..<end]), needle = Data(needle)
    var places: [Int] = []
    var from = 0
    while let hit = data.range(of: needle, in: from..<end) {
      places.append(hit.lowerBound)
      from = data[hit.upperBound...].firstIndex(of: 0x0A) ?? end
    }
    return places
  }
}
