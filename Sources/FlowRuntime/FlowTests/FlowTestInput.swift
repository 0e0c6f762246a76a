import FlowCore
import StudyModel

/// A FlowFile that a test puts into a flow.
struct FlowTestInput: ConfigurationRecord {
  static let attributes = Property<[NamedValue<String>]>("attributes", .map(of: .optionalText), default: "", "Attributes; they take precedence over those of `slice`.")
  static let slice = Property<FlowTestSlice>("slice", .record(FlowTestSlice.self), "The slice that it answers: sets the attributes that SliceTimeRange sets.")
  static let content = Property<String>("content", .optionalText, "The content.")
  static let contentFile = Property<PlacedName>("content_file", .placedName, "A file with the content, relative to the test file.")

  static let properties = [PropertyDescriptor(attributes), PropertyDescriptor(slice), PropertyDescriptor(content), PropertyDescriptor(contentFile)]

  let attributes: [NamedValue<String>]
  let slice: FlowTestSlice?
  let content: FlowTestContent

  init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    attributes = values[Self.attributes]
    slice = values.optional(Self.slice)
    guard let content = FlowTestContent(values.optional(Self.content), values.optional(Self.contentFile), "content", "content_file", node, reader) else { return nil }
    self.content = content
  }

  var participant: String? { attributes.first { $0.name == AttributeName.participant }?.value }
}

/// A text in the test file, or in a file beside it.
enum FlowTestContent: Sendable {
  case text(String)
  case file(PlacedName)

  init?(_ text: String?, _ file: PlacedName?, _ textName: String, _ fileName: String, _ node: ConfigurationNode, _ reader: PropertyReader) {
    if text != nil, file != nil {
      reader.report(.conflictingProperties, at: node.position, found: "'\(textName)' and '\(fileName)' are both given", expected: "one of them")
      return nil
    }
    self = file.map { .file($0) } ?? .text(text ?? "")
  }

  /// Blocks. Throws `Diagnostics` if the file cannot be read.
  /// - Parameter test: the path of the test file.
  func bytes(besides test: String, _ fileSystem: any FileSystem) throws -> [UInt8] {
    switch self {
    case .text(let text): return Array(text.utf8)
    case .file(let name):
      let folder = test.lastIndex(of: "/").map { String(test[...$0]) } ?? ""
      do {
        return try fileSystem.read(name.text.hasPrefix("/") ? name.text : folder + name.text)
      } catch let error as FileSystemError {
        throw Diagnostics([Diagnostic(.unsuitableValue, file: test, position: name.position, found: "\(error)", expected: "a file, named relative to the test file")])
      }
    }
  }
}

/// The time that a FlowFile asks for or answers.
struct FlowTestSlice: ConfigurationRecord {
  static let dataType = Property<String>.required("data_type", .text, "Data type of the ledger, such as intraday-steps.")
  static let start = Property<Instant>.required("start", .instant, "The start, RFC 3339.")
  static let end = Property<Instant>.required("end", .instant, "The end, which is not part of it, RFC 3339.")
  static let zone = Property<CivilZone>("zone", .zone, default: "UTC", "The zone of its dates and times.")
  static let provisional = Property<Bool>("provisional", .boolean, default: "false", "Whether the answer cannot be final yet.")

  static let properties = [
    PropertyDescriptor(dataType), PropertyDescriptor(start), PropertyDescriptor(end), PropertyDescriptor(zone), PropertyDescriptor(provisional),
  ]

  let dataType: String
  let zone: CivilZone
  let part: SlicePart

  init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    dataType = values[Self.dataType]
    zone = values[Self.zone]
    part = SlicePart(start: values[Self.start].seconds, end: values[Self.end].seconds, isProvisional: values[Self.provisional])
    if part.start >= part.end {
      reader.report(.conflictingProperties, at: node.position, found: "the slice's end is not after its start", expected: "a half-open interval [start, end)")
      return nil
    }
  }
}

/// A participant of a test's batch, with a token that is live.
struct FlowTestParticipant: ConfigurationRecord {
  static let name = Property<String>.required("participant", .text, "The participant's id.")
  static let enrolled = Property<Instant>("enrolled", .instant, "Start of the history. Default: a day before the clock.")
  static let previousSync = Property<Instant>("previous_sync", .instant, "Start of what is wanted. Default: `enrolled`.")
  static let zone = Property<CivilZone>("zone", .zone, "The zone, where the provider is not asked for it. Default: UTC.")

  static let properties = [PropertyDescriptor(name), PropertyDescriptor(enrolled), PropertyDescriptor(previousSync), PropertyDescriptor(zone)]

  let name: String
  var enrolled: Instant?
  var previousSync: Instant?
  var zone: CivilZone?

  init(name: String) { self.name = name }

  init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    name = values[Self.name]
    enrolled = values.optional(Self.enrolled)
    previousSync = values.optional(Self.previousSync)
    zone = values.optional(Self.zone)
  }
}

/// What a test's provider answers.
struct FlowTestResponse: ConfigurationRecord {
  static let url = Property<PlacedName>.required("url", .placedName, "Path and query of the requests that it answers, or a pattern such as '/1/user/-/profile*'.")
  static let method = Property<String>("method", .text, default: "GET", "Their method.")
  static let status = Property<Int>("status", .integer(100...599), default: "200", "The status.")
  static let headers = Property<[NamedValue<String>]>("headers", .map(of: .optionalText), default: "", "Header fields. Default: JSON.")
  static let body = Property<String>("body", .optionalText, "The body.")
  static let bodyFile = Property<PlacedName>("body_file", .placedName, "A file with the body, relative to the test file.")
  static let times = Property<Int>("times", .integer(1...10_000), "How many requests it answers; then the next one that fits takes over. Default: all.")

  static let properties = [
    PropertyDescriptor(url), PropertyDescriptor(method), PropertyDescriptor(status), PropertyDescriptor(headers), PropertyDescriptor(body), PropertyDescriptor(bodyFile),
    PropertyDescriptor(times),
  ]

  let url: PlacedName
  let method: String
  let status: Int
  let headers: [NamedValue<String>]
  let body: FlowTestContent
  let times: Int?

  init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    url = values[Self.url]
    method = values[Self.method]
    status = values[Self.status]
    headers = values[Self.headers]
    times = values.optional(Self.times)
    guard let body = FlowTestContent(values.optional(Self.body), values.optional(Self.bodyFile), "body", "body_file", node, reader) else { return nil }
    self.body = body
  }
}
