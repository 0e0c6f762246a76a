/// How rows are read from a JSON document: parsed once from the flow file, used for every FlowFile.
package struct RecordMapping: Sendable, Equatable {
  /// Where the rows are, from the root: a list gives one row an element, an object gives one row. After a last component `*` the
  /// element is the row, whatever it is.
  package var rows: JSONPath
  /// The list or object may be absent or null: then there are no rows. Otherwise that is a problem of the document, unless what lacks it
  /// has one of the `emptyForms`. With `*` this holds for each element by itself.
  package var rowsMayBeAbsent: Bool
  /// What an answer without rows looks like, as the server documents it.
  package var emptyForms: [EmptyForm]
  package var columns: [MappedColumn]
  /// Dates that say of which days the answer is, where there are any.
  package var dated: JSONPath?
  /// Lists whose elements hold one value each, of one kind.
  package var points: [PointRule]

  package init(
    rows: JSONPath, rowsMayBeAbsent: Bool = false, emptyForms: [EmptyForm] = [], columns: [MappedColumn], points: [PointRule] = []
  ) {
    self.rows = rows
    self.rowsMayBeAbsent = rowsMayBeAbsent
    self.emptyForms = emptyForms
    self.columns = columns
    self.points = points
  }
}

/// One form of an answer without rows. Any other object that lacks them is an answer to something else, or an error in good clothes.
package enum EmptyForm: Sendable, Hashable {
  /// The object on the way to the rows that lacks the next member, or would be the row itself: it holds nothing but `only` (nil: it may hold anything), and all of `has`.
  case object(at: JSONPath, only: [String]?, has: [String])
  /// The document has this text there.
  case value(at: JSONPath, text: String)
}

/// What elements may hold: one object or list, of one name (protobuf's `oneof` in JSON). Another one fails the document; members that
/// are neither are not looked at. An element without any is nothing wrong as long as another one has it, or all `mayLack` it.
package struct PointRule: Sendable, Hashable {
  /// To the elements, from the root; where there are none, nothing is wrong.
  package var elements: JSONPath
  package var member: String
  /// Objects and lists that may stand beside it.
  package var beside: [String]
  /// An element without the member is empty, and holds nothing but these; nil: it has no such form.
  package var empty: [String]?
  package var mayLack: Bool

  package init(elements: JSONPath, member: String, beside: [String], empty: [String]? = nil, mayLack: Bool = false) {
    self.mayLack = mayLack
    self.elements = elements
    self.member = member
    self.beside = beside
    self.empty = empty
  }
}

package struct MappedColumn: Sendable, Equatable {
  package enum Origin: Sendable, Equatable {
    /// A member of the row, of an object around it (`../name`) or, if the path is absolute, of the document.
    case path(JSONPath)
    /// The text that the context holds under the column's name (an expression over attributes).
    case attribute
    /// `instant` only: a time of day (`HH:mm:ss`); the date is the context's first date and moves on when the time of day goes back.
    case timeOfDay(JSONPath)
    /// `offset` only: the zone's offset at the instant of the named column.
    case zone(instantColumn: String)
    /// Numbers: the sum of what is at the path from the root, which may hold `*`; NULL where nothing is.
    case total(JSONPath)
  }
  /// How a number is written.
  package enum Notation: String, Sendable, CaseIterable {
    case plain
    /// Text such as `77640s` or `1.5s` (protobuf's Duration in JSON): the number of seconds.
    case secondsDuration = "seconds_duration"
    /// `true` or `false`: 1 and 0 as a number, the word as a text.
    case boolean
    /// A text that is written as a whole number.
    case digits
    /// An instant that is written as a local time without an offset (`2026-08-14T22:45:00.000`), in the context's zone: of the two that
    /// the end of summer time allows the first, in the hour that its beginning leaves out the one before the change.
    case localTime = "local_time"
  }
  package var name: String
  package var kind: ColumnKind
  package var origin: Origin
  /// Absent or null is a problem; otherwise it is NULL.
  package var isRequired: Bool
  /// A number written as a JSON string is taken.
  package var acceptsText: Bool
  /// Inclusive bounds for numbers as stored, after factor and rounding; nil: none.
  package var minimum: Double?
  package var maximum: Double?
  /// A number is multiplied by this (millimetres to kilometres: 0.000001). The inverse of a whole number is divided by instead, so
  /// that the result is the nearest one.
  package var factor: Double?
  /// A value in an unfit unit or a sentinel that means "not known". Compared as written; numbers also by value, before the factor.
  package var nullValues: [String]
  package var notation: Notation
  /// Stands for a member that is absent while the object around it is there (protobuf's JSON leaves zero out). Not for null.
  package var defaultText: String?
  /// With origin `total`: the instant, from the object around the summed member, by which a part belongs to the window.
  package var totalWithin: JSONPath?
  /// Where the document has something at this path from the root, the default also stands for a member whose object is absent.
  package var defaultWhere: JSONPath?
  /// A row in which this column is NULL is left out.
  package var leavesRowOut: Bool
  /// A local time with the offset that the zone has at the instant of this column: a server may keep the offset of the beginning through
  /// a night in which clocks change.
  package var offsetAs: String?

  package init(
    name: String, kind: ColumnKind, origin: Origin, isRequired: Bool = false, acceptsText: Bool = false,
    minimum: Double? = nil, maximum: Double? = nil, factor: Double? = nil, nullValues: [String] = [],
    notation: Notation = .plain, defaultText: String? = nil, defaultWhere: JSONPath? = nil, leavesRowOut: Bool = false, offsetAs: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.origin = origin
    self.isRequired = isRequired
    self.acceptsText = acceptsText
    self.minimum = minimum
    self.maximum = maximum
    self.factor = factor
    self.nullValues = nullValues
    self.notation = notation
    self.defaultText = defaultText
    self.defaultWhere = defaultWhere
    self.leavesRowOut = leavesRowOut
    self.offsetAs = offsetAs
  }
}
