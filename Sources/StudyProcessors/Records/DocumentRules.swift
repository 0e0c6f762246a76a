import FlowCore

/// An entry of ExtractRecords' `points`: `{ at: [/*/dataPoints/*], value: heartRate, beside: [dataSource] }`; of pages, which may be empty,
/// `{ at: [/*], value: dataPoints, empty: [nextPageToken] }`.
package struct PointDeclaration: ConfigurationRecord {
  static let at = Property<[JSONPath]>.required("at", .list(of: .rowsPath), "Paths to the elements, from the root; where there are none, nothing is wrong.")
  static let value = Property<String>.required("value", .text, "Name of the object or list that an element may hold. Elements of which none holds it fail.")
  static let beside = Property<[String]>("beside", .list(of: .text), default: "", "Objects and lists that may stand beside it.")
  static let empty = Property<[String]>("empty", .list(of: .text), "An element without the value has no rows, if it holds nothing but these members.")

  static let mayLack = Property<Bool>("may_lack", .boolean, default: "false", "All elements may lack the value: windows in which nothing was measured.")

  package static let properties = [
    PropertyDescriptor(at), PropertyDescriptor(value), PropertyDescriptor(beside), PropertyDescriptor(empty), PropertyDescriptor(mayLack),
  ]

  let rules: [PointRule]

  package init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    rules = values[Self.at].map {
      PointRule(elements: $0, member: values[Self.value], beside: values[Self.beside], empty: values.optional(Self.empty), mayLack: values[Self.mayLack])
    }
  }
}

/// An entry of ExtractRecords' `empty`: what an answer without rows looks like. Any other one without them fails.
///
///     empty: [{ at: /meta/state, is: pending }]        # this member says so
///     empty: [{ at: /, only: [nextPageToken] }]        # the object that lacks the next member of `rows` holds nothing but this
///     empty: [{ at: /sleep/*, has: [logId] }]          # it is of what was asked, as these members show
///     empty: [{ at: /, only: [] }]                     # with `rows: /`: the object that would be the row is {}
package struct EmptyDeclaration: ConfigurationRecord {
  static let at = Property<JSONPath>.required("at", .rowsPath, "Path from the root: with `is` to a text, else to an object on the way to the rows.")
  static let text = Property<String>("is", .text, "The member is this text: the document may lack its rows.")
  static let only = Property<[String]>("only", .list(of: .text), "The object holds nothing but these members; `[]`: nothing at all.")
  static let has = Property<[String]>("has", .list(of: .text), "The object holds these members.")

  package static let properties = [PropertyDescriptor(at), PropertyDescriptor(text), PropertyDescriptor(only), PropertyDescriptor(has)]

  let form: EmptyForm

  package init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    let (text, only, has) = (values.optional(Self.text), values.optional(Self.only), values.optional(Self.has))
    switch (text, only ?? has) {
    case (let text?, nil): form = .value(at: values[Self.at], text: text)
    case (nil, .some): form = .object(at: values[Self.at], only: only, has: has ?? [])
    default:
      reader.report(.conflictingProperties, at: node.position, found: "a form names neither a text nor members, or both", expected: "'is', or 'only' and 'has'")
      return nil
    }
  }
}

/// ExtractRecords' `within`: by what a row belongs to the slice where no column says it: `{ kind: date, from: ../../dateOfSleep }`.
package struct WindowDeclaration: ConfigurationRecord {
  static let kind = Property<WindowKind>.required("kind", .choice, "`date` or `instant`.")
  static let from = Property<JSONPath>.required("from", .valuePath, "Path of the value from the row.")

  package static let properties = [PropertyDescriptor(kind), PropertyDescriptor(from)]

  /// No column of a table has such a name.
  static let name = "within the slice"
  let column: MappedColumn

  package init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    column = MappedColumn(
      name: Self.name, kind: values[Self.kind] == .date ? .date : .instant, origin: .path(values[Self.from]))
  }
}

package enum WindowKind: String, Sendable, CaseIterable { case date, instant }

/// An entry of ExtractRecords' `provisional_while`: a member that has a value, or has not the one it will have in the end.
package struct ProvisionalRule: ConfigurationRecord {
  static let at = Property<JSONPath>.required("at", .totalPath, "Path to the member, from the root; it may hold `*`.")
  static let equals = Property<String>("is", .text, "Provisional while the member is this.")
  static let differs = Property<String>("is_not", .text, "Provisional while the member is something else, or absent from an object that is there.")

  package static let properties = [PropertyDescriptor(at), PropertyDescriptor(equals), PropertyDescriptor(differs)]

  fileprivate let mapping: RecordMapping
  fileprivate let text: String
  fileprivate let holdsWhenEqual: Bool

  package init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    let (equals, differs) = (values.optional(Self.equals), values.optional(Self.differs))
    guard let text = equals ?? differs, (equals == nil) != (differs == nil), let (parents, member) = values[Self.at].parentAndMember else {
      reader.report(.conflictingProperties, at: node.position, found: "a rule has neither or both of 'is' and 'is_not'", expected: "one of them")
      return nil
    }
    self.text = text
    holdsWhenEqual = equals != nil
    mapping = RecordMapping(
      rows: parents, rowsMayBeAbsent: true, columns: [MappedColumn(name: "member", kind: .text, origin: .path(member), notation: .boolean)])
  }
}

/// A rule, ready for documents.
struct CompiledProvisionalRule: Sendable {
  private let rule: ProvisionalRule
  private let member: any CompiledMapping

  init(_ rule: ProvisionalRule, _ extractor: any RecordExtractor) throws {
    self.rule = rule
    member = try extractor.compile(rule.mapping)
  }

  /// Throws `ExtractionError` for a member that is neither text nor true or false.
  func holds(in document: [UInt8]) throws -> Bool {
    let found = try member.extract(document, context: ExtractionContext()).columns[0]
    guard case .text(let texts) = found.values else { return false }
    return texts.indices.contains { index in
      let isEqual = found.isNull?[index] != true && texts[index] == rule.text
      return isEqual == rule.holdsWhenEqual
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
