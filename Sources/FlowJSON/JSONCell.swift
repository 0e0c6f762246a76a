import CSimdJSON
import FlowCore

extension flow_json_cell {
  /// A text cell that borrows the bytes; valid as long as they are.
  private init(text: UnsafeBufferPointer<UInt8>) {
    self.init(bits: UInt64(UInt(bitPattern: text.baseAddress)), length: UInt32(text.count), kind: .text)
  }

  /// Creates a text cell for the duration of `body`; with `emptyIsNull`, an empty text becomes null.
  static func lending<Result, Failure: Error>(
    _ text: String, emptyIsNull: Bool = false, _ body: (flow_json_cell) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if emptyIsNull && text.isEmpty { return try body(flow_json_cell(bits: 0, length: 0, kind: .null)) }
    return try Array(text.utf8).withUnsafeBufferPointer { (bytes) throws(Failure) in try body(flow_json_cell(text: bytes)) }
  }

  /// The value of an integer cell.
  var integer: Int64 { Int64(bitPattern: bits) }
  /// The bytes of a text cell; valid until the parser reads its next document.
  var text: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: UnsafePointer(bitPattern: UInt(bits)), count: Int(length))
  }

  /// A description of the value for messages.
  var summary: String {
    switch kind {
    case .absent, .parentAbsent, .unmatched: "absent"
    case .null: "null"
    case .integer: String(integer)
    case .natural: String(bits)
    case .real: String(Double(bitPattern: bits))
    case .text: Self.quoted(String(decoding: text, as: UTF8.self))
    case .boolean: bits == 0 ? "false" : "true"
    case .list: "a list"
    case .object, .civilDate: "an object"
    case .unfit: "of a different type"
    case .twice: "present twice"
    case .outside: "outside the document"
    }
  }

  /// Valid values are at most as long as an instant. A longer text may be a secret that the server echoes, so it is
  /// not quoted.
  private static func quoted(_ text: String) -> String { text.count > 30 ? "a text of \(text.count) characters" : "'\(text)'" }
}

extension flow_json_location {
  func error(expected: String) -> ExtractionError {
    let bytes = UnsafeRawBufferPointer(start: pointer, count: pointer_length)
    return ExtractionError(pointer: String(decoding: bytes, as: UTF8.self), found: cell.summary, expected: expected)
  }
}
