/// Writes structures in Thrift's compact protocol (Apache Thrift, thrift-compact-protocol.md), in which a Parquet file describes itself.
/// Fields are written in ascending order of their ids.
struct CompactWriter {
  /// The type that a list has for its elements, and a field for its value.
  enum ElementType: UInt8 {
    case integer32 = 5
    case integer64 = 6
    case binary = 8
    case list = 9
    case structure = 12
  }

  private(set) var bytes: [UInt8] = []
  /// Fields name the distance to the one before them.
  private var previousField = 0

  mutating func field(_ id: Int, _ value: Bool) { begin(id, type: value ? 1 : 2) }
  mutating func field(_ id: Int, _ value: Int8) {
    begin(id, type: 3)
    bytes.append(UInt8(bitPattern: value))
  }
  mutating func field(_ id: Int, _ value: Int16) {
    begin(id, type: 4)
    bytes.appendZigzag(Int64(value))
  }
  mutating func field(_ id: Int, _ value: Int32) {
    begin(id, type: ElementType.integer32.rawValue)
    bytes.appendZigzag(Int64(value))
  }
  mutating func field(_ id: Int, _ value: Int64) {
    begin(id, type: ElementType.integer64.rawValue)
    bytes.appendZigzag(value)
  }
  mutating func field(_ id: Int, _ value: [UInt8]) {
    begin(id, type: ElementType.binary.rawValue)
    element(value)
  }
  mutating func field(_ id: Int, _ value: String) { field(id, Array(value.utf8)) }

  mutating func field(_ id: Int, _ fields: (inout CompactWriter) -> Void) {
    begin(id, type: ElementType.structure.rawValue)
    element(fields)
  }

  /// - Parameter write: writes one element with `element`.
  mutating func field<Element>(_ id: Int, list: [Element], of type: ElementType, _ write: (inout CompactWriter, Element) -> Void) {
    begin(id, type: ElementType.list.rawValue)
    if list.count < 15 {
      bytes.append(UInt8(list.count) << 4 | type.rawValue)
    } else {
      bytes.append(0xF0 | type.rawValue)
      bytes.appendVarint(UInt64(list.count))
    }
    for element in list { write(&self, element) }
  }

  mutating func element(_ value: Int32) { bytes.appendZigzag(Int64(value)) }
  mutating func element(_ value: [UInt8]) {
    bytes.appendVarint(UInt64(value.count))
    bytes += value
  }
  mutating func element(_ fields: (inout CompactWriter) -> Void) {
    let outer = previousField
    previousField = 0
    fields(&self)
    bytes.append(0)
    previousField = outer
  }

  /// The bytes of a structure that stands alone.
  static func structure(_ fields: (inout CompactWriter) -> Void) -> [UInt8] {
    var writer = CompactWriter()
    writer.element(fields)
    return writer.bytes
  }

  private mutating func begin(_ id: Int, type: UInt8) {
    // Parquet's structures have no field that is further than 15 from the one before it.
    precondition((1...15).contains(id - previousField), "fields are written in ascending order")
    bytes.append(UInt8(id - previousField) << 4 | type)
    previousField = id
  }
}
