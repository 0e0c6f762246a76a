import FlowCore
import StudyModel

/// Summaries of the entries of one flow, so that the sweep at the end of a run reads only entries that no sweep has read before.
///
/// The index is derived from the error folder and may be deleted at any time. The folder's names decide which entries exist: a summary without an
/// entry is dropped, and an entry without a summary is read. An entry never changes once it has its name, and no entry is removed because of its
/// summary alone (`ErrorFolder.remove(_:foundIn:)`).
struct EntryIndex: Sendable, Equatable {
  /// By path below the flow's folder: `RUN/PROCESSOR/UUID`.
  private(set) var entries: [String: StoredEntry] = [:]

  subscript(path: String) -> StoredEntry? {
    get { entries[path] }
    set { entries[path] = newValue.map(\.summary) }
  }
}

extension StoredEntry {
  /// Attributes that tell which entries are the same failure, and which slice an entry is for.
  private static let attributes = [
    AttributeName.participant, AttributeName.dataType, AttributeName.sliceStart, AttributeName.sliceEnd, AttributeName.sliceParts, EntryKey.scopeAttribute,
  ]

  /// The entry with only the members that `ErrorSweep` uses.
  var summary: StoredEntry {
    let document = document
    let kept = StoredEntry.attributes.map { document.attributes[$0] }
    return StoredEntry(
      path: path, flow: document.flow, run: document.run, processor: document.processor, processorType: document.processorType, uuid: document.uuid,
      cause: cause, time: time, isUnmarked: document.way == nil, database: document.database?.id, provider: document.provider?.name, attributes: kept)
  }

  private init(
    path: String, flow: String, run: String, processor: String, processorType: String, uuid: String, cause: Cause, time: Instant, isUnmarked: Bool,
    database: String?, provider: String?, attributes: [String?]
  ) {
    let attributes = zip(StoredEntry.attributes, attributes).compactMap { name, value in value.map { (name, $0) } }
    let document = EntryDocument(
      uuid: uuid, attributes: Dictionary(uniqueKeysWithValues: attributes), lineage: [], way: isUnmarked ? nil : [], flow: flow, run: run,
      processor: processor, processorType: processorType, relationship: "", cause: cause.rawValue, message: "", status: nil, attempts: 0,
      flowSHA256: "", time: time.text, retryable: cause.isRetryable, contentType: nil, responseType: nil,
      database: database.map { EntryDatabase(id: $0, path: "") }, provider: provider.map { EntryProvider(name: $0, address: "") }, flowFile: nil)
    self.init(path: path, document: document, cause: cause, time: time)
  }

  /// The summary as fields of a line; a field without a value is empty.
  fileprivate var fields: [String?] {
    [
      document.flow, document.run, document.processor, document.processorType, document.uuid, cause.rawValue, document.time,
      document.way.map { _ in "" }, document.database?.id, document.provider?.name,
    ] + StoredEntry.attributes.map { document.attributes[$0] }
  }

  /// Reads what `fields` says; nil for anything else.
  fileprivate init?(path: String, fields: [String?]) {
    guard fields.count == 10 + StoredEntry.attributes.count, let flow = fields[0], let run = fields[1], let processor = fields[2],
      let processorType = fields[3], let uuid = fields[4], let cause = fields[5].flatMap(Cause.init(rawValue:)),
      let time = fields[6].flatMap({ Instant(rfc3339: $0) })
    else { return nil }
    self.init(
      path: path, flow: flow, run: run, processor: processor, processorType: processorType, uuid: uuid, cause: cause, time: time,
      isUnmarked: fields[7] == nil, database: fields[8], provider: fields[9], attributes: Array(fields[10...]))
  }
}

// MARK: - The file

extension EntryIndex {
  private static let version = "flowrun error index 2"

  /// One line for each entry, below a line with the version and the checksum of the rest.
  func bytes() -> [UInt8] {
    let lines = entries.sorted { $0.key < $1.key }.map { path, entry in
      ([path] + entry.fields).map { $0.map { "=" + PercentEncoding.formEncoded($0) } ?? "" }.joined(separator: "\t") + "\n"
    }
    let body = Array(lines.joined().utf8)
    return Array("\(EntryIndex.version) \(EntryIndex.checksum(body))\n".utf8) + body
  }

  /// Reads what `bytes` writes. nil for anything else: the entries must be read instead.
  /// - Parameter folder: the flow's folder.
  init?(bytes: [UInt8], folder: String) {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")),
      bytes[..<end].elementsEqual("\(EntryIndex.version) \(EntryIndex.checksum(bytes[(end + 1)...]))".utf8)
    else { return nil }
    for line in bytes[(end + 1)...].split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map(EntryIndex.field)
      guard let path = fields.first ?? nil, let entry = StoredEntry(path: "\(folder)/\(path)", fields: Array(fields.dropFirst())) else { return nil }
      entries[path] = entry
    }
  }

  private static func field(_ bytes: ArraySlice<UInt8>) -> String? {
    guard bytes.first == UInt8(ascii: "=") else { return nil }
    return PercentEncoding.formDecoded(String(decoding: bytes.dropFirst(), as: UTF8.self)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// FNV-1a: finds a file that was cut off or written by two processes at once.
  private static func checksum(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
