import FlowCore

/// An entry of ExtractRecords' `points`: `{ at: [/*/dataPoints/*], value: heartRate, beside: [dataSource] }`.
package struct PointDeclaration: ConfigurationRecord {
  static let at = Property<[JSONPath]>.required("at", .list(of: .rowsPath), "Paths to the elements, from the root; where there are none, nothing is wrong.")
  static let value = Property<String>.required("value", .text, "Name of the object or list that an element may hold.")
  static let beside = Property<[String]>("beside", .list(of: .text), default: "", "Objects and lists that may stand beside it.")

  package static let properties = [PropertyDescriptor(at), PropertyDescriptor(value), PropertyDescriptor(beside)]

  let rules: [PointRule]

  package init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    rules = values[Self.at].map { PointRule(elements: $0, member: values[Self.value], beside: values[Self.beside]) }
  }
}

/// An entry of ExtractRecords' `provisional_while`: a member that has a value, or has not the one it will have in the end.
package struct ProvisionalRule: ConfigurationRecord {
  static let at = Property<JSONPath>.required("at", .totalPath, "Path to the member, from the root; it may hold `*`.")
  static let equals = Property<String>("is", .text, "Provisional while the member is this.")
  static let differs = Property<String>("is_not", .text, "Provisional while the member is something else, or absent from an object that is there.")

  package static let properties = [PropertyDescriptor(at), PropertyDescriptor(equals), PropertyDescriptor(differs)]

  private let mapping: RecordMapping
  private let text: String
  private let holdsWhenEqual: Bool

  package init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    let (equals, differs) = (values.optional(Self.equals), values.optional(Self.differs))
    guard let text = equals ?? differs, (equals == nil) != (differs == nil), let (parents, member) = values[Self.at].parentAndMember else {
      reader.report(at: node.position, found: "a rule has neither or both of 'is' and 'is_not'", expected: "one of them")
      return nil
    }
    self.text = text
    holdsWhenEqual = equals != nil
    mapping = RecordMapping(
      rows: parents, rowsMayBeAbsent: true, columns: [MappedColumn(name: "member", kind: .text, origin: .path(member), notation: .boolean)])
  }

  /// Throws `ExtractionError` for a member that is neither text nor true or false.
  func holds(in document: [UInt8], _ extractor: any RecordExtractor) throws -> Bool {
    let found = try extractor.extract(document, mapping: mapping, context: ExtractionContext()).columns[0]
    guard case .text(let texts) = found.values else { return false }
    return texts.indices.contains { index in
      let isEqual = found.isNull?[index] != true && texts[index] == text
      return isEqual == holdsWhenEqual
    }
  }
}

extension PropertyKind where Value == Duration {
  /// Whole seconds.
  static var span: PropertyKind {
    .scalar("duration", expected: "a duration of whole seconds such as 1s, 1m or 15m") { text in
      Units.duration(text).flatMap { $0 >= .seconds(1) && $0.wholeMilliseconds % 1000 == 0 ? $0 : nil }
    }
  }
}
