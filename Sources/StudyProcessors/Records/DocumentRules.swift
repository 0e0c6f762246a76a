import FlowCore

/// An entry of ExtractRecords' `points`: `{ at: [/*/dataPoints/*], value: heartRate, beside: [dataSource] }`; for
/// pages, which may be empty: `{ at: [/*], value: dataPoints, empty: [nextPageToken] }`.
package struct PointDeclaration: ConfigurationRecord {
  static let at = Property<[JSONPath]>.required("at", .list(of: .rowsPath), "Paths to the elements, from the root; it is valid to have none.")
  static let value = Property<String>.required("value", .text, "Name of the object or list that an element may contain. If no element contains it, extraction fails.")
  static let beside = Property<[String]>("beside", .list(of: .text), default: "", "Other objects and lists allowed beside it.")
  static let empty = Property<[String]>("empty", .list(of: .text), "An element without the value counts as empty if it has no members but these.")

  static let mayLack = Property<Bool>("may_lack", .boolean, default: "false", "Whether all elements may lack the value: windows without measurements.")

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

/// An entry of ExtractRecords' `empty`: the form of a valid answer without rows. Any other answer without rows fails.
///
///     empty: [{ at: /meta/state, is: pending }]        # this member has this value
///     empty: [{ at: /, only: [nextPageToken] }]        # the object without the next member of `rows` has no other members
///     empty: [{ at: /sleep/*, has: [logId] }]          # these members prove that it is the requested object
///     empty: [{ at: /, only: [] }]                     # with `rows: /`: the object that would be the row is {}
package struct EmptyDeclaration: ConfigurationRecord {
  static let at = Property<JSONPath>.required("at", .rowsPath, "Path from the root: with `is` to a text, otherwise to an object on the path to the rows.")
  static let text = Property<String>("is", .text, "If the member has this text, the document may lack rows.")
  static let only = Property<[String]>("only", .list(of: .text), "The object has no members but these; `[]`: none at all.")
  static let has = Property<[String]>("has", .list(of: .text), "The object has these members.")

  package static let properties = [PropertyDescriptor(at), PropertyDescriptor(text), PropertyDescriptor(only), PropertyDescriptor(has)]

  let form: EmptyForm

  package init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    let (text, only, has) = (values.optional(Self.text), values.optional(Self.only), values.optional(Self.has))
    switch (text, only ?? has) {
    case (let text?, nil): form = .value(at: values[Self.at], text: text)
    case (nil, .some): form = .object(at: values[Self.at], only: only, has: has ?? [])
    default:
      reader.report(.conflictingProperties, at: node.position, found: "a form has neither a text nor members, or both", expected: "'is', or 'only' and 'has'")
      return nil
    }
  }
}

/// ExtractRecords' `within`: the value that assigns a row to a slice if no column does: `{ kind: date, from:
/// ../../dateOfSleep }`.
package struct WindowDeclaration: ConfigurationRecord {
  static let kind = Property<WindowKind>.required("kind", .choice, "`date` or `instant`.")
  static let from = Property<JSONPath>.required("from", .valuePath, "Path of the value from the row.")

  package static let properties = [PropertyDescriptor(kind), PropertyDescriptor(from)]

  /// Not a valid column name, so that it cannot collide with one.
  static let name = "within the slice"
  let column: MappedColumn

  package init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    column = MappedColumn(
      name: Self.name, kind: values[Self.kind] == .date ? .date : .instant, origin: .path(values[Self.from]))
  }
}

package enum WindowKind: String, Sendable, CaseIterable { case date, instant }

/// An entry of ExtractRecords' `provisional_while`: a member that has a given value, or does not yet have its final
/// value.
package struct ProvisionalRule: ConfigurationRecord {
  static let at = Property<JSONPath>.required("at", .totalPath, "Path to the member, from the root; it may contain `*`.")
  static let equals = Property<String>("is", .text, "Provisional while the member is this.")
  static let differs = Property<String>("is_not", .text, "Provisional while the member has another value, or is absent from an existing object.")

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

/// A compiled rule.
struct CompiledProvisionalRule: Sendable {
  private let rule: ProvisionalRule
  private let member: any CompiledMapping

  init(_ rule: ProvisionalRule, _ extractor: any RecordExtractor) throws {
    self.rule = rule
    member = try extractor.compile(rule.mapping)
  }

  /// Throws `ExtractionError` if the member is neither text nor a boolean.
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
