import FlowCore
import StudyModel

/// The syncs of a participant's trackers, from a provider's device list.
///
/// Scales say nothing about wear. A phone (`MobileTrack`, listed as a tracker by both providers) syncs without the
/// watch and never counts. A device that cannot be parsed is an error: ignoring it could mark days as complete too
/// early.
struct TrackerList: Equatable {
  /// The format of a provider's device list.
  struct Form {
    /// For messages.
    var path: String
    var typeMember: String
    var readTime: (String) -> Instant?
    /// `a local time such as 2026-08-15T13:14:22.000`
    var expectedTime: String
  }

  /// One element for each tracker; nil if it has never synced.
  private(set) var syncs: [Instant?] = []

  /// A tracker whose last sync is this much earlier than the latest of all is considered unused. Trackers keep minutes
  /// for this long.
  static let wornLately = SyncRecord.minutesKept

  /// Throws `bad_data` for an unknown device type and for a tracker with a malformed sync time.
  init(_ devices: [JSONTree], _ form: Form) throws(ProcessorError) {
    for device in devices where !Self.isPhone(device) {
      switch device[form.typeMember]?.text?.uppercased() {
      case "TRACKER": syncs.append(try Self.sync(of: device, form))
      case "SCALE": break
      default: throw Self.unknownType(device, form)
      }
    }
  }

  func status(zone: String) -> SyncStatus {
    let known = syncs.compactMap { $0 }
    guard let latest = known.max() else { return syncs.isEmpty ? .noTracker(zone: zone) : .neverSynced(zone: zone) }
    let oldest = known.filter { latest - $0 <= Self.wornLately }.min() ?? latest
    return .synced(latest, settled: oldest < latest ? oldest : nil, zone: zone)
  }

  /// The latest sync of all trackers.
  var latest: Instant? { syncs.compactMap { $0 }.max() }

  // MARK: Reading

  private static func isPhone(_ device: JSONTree) -> Bool {
    device["deviceVersion"]?.text?.filter { !$0.isWhitespace }.lowercased() == "mobiletrack"
  }

  private static func sync(of device: JSONTree, _ form: Form) throws(ProcessorError) -> Instant? {
    guard let time = device["lastSyncTime"], !time.isNull else { return nil }
    if let instant = time.text.flatMap(form.readTime) { return instant }
    throw ProcessorError(
      .badData,
      "\(form.path): lastSyncTime of the tracker\(named(device)) is \(shown(time) { "0123456789TZtz:+-. ".contains($0) }); expected "
        + "\(form.expectedTime)")
  }

  private static func unknownType(_ device: JSONTree, _ form: Form) -> ProcessorError {
    let type = device[form.typeMember]
    let found = type.map { "is " + shown($0, isPlain) } ?? "is missing"
    return ProcessorError(
      .badData,
      "\(form.path): \(form.typeMember) of the device\(named(device)) \(found); expected TRACKER or SCALE: what it is decides up to "
        + "when data can be complete")
  }

  private static func named(_ device: JSONTree) -> String {
    guard let version = device["deviceVersion"]?.text, !version.isEmpty, version.count <= 40, version.allSatisfy(isPlain) else { return "" }
    return " '\(version)'"
  }

  private static func isPlain(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || " _-".contains(character))
  }

  /// The value if it is short and harmless, otherwise its kind: a response may echo a token.
  private static func shown(_ value: JSONTree, _ isHarmless: (Character) -> Bool) -> String {
    guard let text = value.text, !text.isEmpty, text.count <= 30, text.allSatisfy(isHarmless) else { return value.kindWords }
    return "'\(text)'"
  }
}
