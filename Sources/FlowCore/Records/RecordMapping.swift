/// How rows are read from a JSON document; parsed once from the flow file and used for every FlowFile.
package struct RecordMapping: Sendable, Equatable {
  /// The path of the rows from the root: each element of a list is a row, and an object is one row. After a final `*`,
  /// the element is the row, whatever its type.
  package var rows: JSONPath
  /// The list or object may be absent or null, which means no rows. Otherwise that is an error unless the enclosing
  /// object matches one of the `emptyForms`. With `*`, this applies to each element.
  package var rowsMayBeAbsent: Bool
  /// The documented forms of a response without rows.
  package var emptyForms: [EmptyForm]
  package var columns: [MappedColumn]
  /// A path to dates that say which days the response covers.
  package var dated: JSONPath?
  /// Rules for lists whose elements hold one value each, all of one kind.
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

/// A documented form of a response without rows. Any other object without rows answers a different request or is an
/// error with status 200.
package enum EmptyForm: Sendable, Hashable {
  /// The object on the path to the rows that lacks the next member, or that would be the row itself: it holds no
  /// members other than `only` (nil: any), and all of `has`.
  case object(at: JSONPath, only: [String]?, has: [String])
  /// The document has this text at the path.
  case value(at: JSONPath, text: String)
}

/// What list elements may hold: one object or list with a given name (protobuf's `oneof` in JSON). A different one is
/// an error; scalar members are ignored. An element without any is valid if another element has it, or if all `mayLack`
/// it.
package struct PointRule: Sendable, Hashable {
  /// The path of the elements from the root; it is valid if there are none.
  package var elements: JSONPath
  package var member: String
  /// Objects and lists that may accompany it.
  package var beside: [String]
  /// The only members of an element without the point; nil: there is no such form.
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
    /// A member of the row, of an enclosing object (`../name`) or, if the path is absolute, of the document.
    case path(JSONPath)
    /// The value in the context under the column's name (an expression over attributes).
    case attribute
    /// `instant` only: a time of day (`HH:mm:ss`). The date starts at the context's first date and advances when the
    /// time of day decreases.
    case timeOfDay(JSONPath)
    /// `offset` only: the zone's offset at the instant in the named column.
    case zone(instantColumn: String)
    /// Numbers only: the sum of the values at the path from the root, which may contain `*`; NULL if there are none.
    case total(JSONPath)
  }
  /// How a value is written in the document.
  package enum Notation: String, Sendable, CaseIterable {
    case plain
    /// Text such as `77640s` or `1.5s` (protobuf's Duration in JSON), as a number of seconds.
    case secondsDuration = "seconds_duration"
    /// `true` or `false`: 1 and 0 in a number column, the word in a text column.
    case boolean
    /// A text that must be a whole number.
    case digits
    /// An instant written as a local time without an offset (`2026-08-14T22:45:00.000`), in the context's zone: in the
    /// repeated hour of autumn the first occurrence, in the skipped hour of spring the offset before the change.
    case localTime = "local_time"
    /// A time of day (`07:32:05`) in a number column: seconds since midnight.
    case clockTime = "clock_time"
    /// The lower end of a range (`41-45`), or a single number.
    case rangeLow = "range_low"
    /// The upper end of a range (`41-45`), or a single number.
    case rangeHigh = "range_high"
  }
  package var name: String
  package var kind: ColumnKind
  package var origin: Origin
  /// An absent or null value is an error; otherwise it is NULL.
  package var isRequired: Bool
  /// A number written as a JSON string is accepted.
  package var acceptsText = false
  /// Inclusive bounds of the stored number, after factor and rounding; nil: unbounded.
  package var minimum: Double?
  package var maximum: Double?
  /// A factor for numbers (millimetres to kilometres: 0.000001). If its inverse is a whole number, the value is divided
  /// by that instead, because the result is then correctly rounded.
  package var factor: Double?
  /// Texts that stand for NULL, such as a sentinel for "unknown". Compared as written; numbers also by value, before
  /// the factor.
  package var nullValues: [String] = []
  package var notation: Notation
  /// Replaces a member that is absent from an existing object (protobuf's JSON omits zeros). Does not replace null.
  package var defaultText: String?
  /// With origin `total`: the path, relative to the object with the summed member, of the instant that decides whether
  /// the part is in the window.
  package var totalWithin: JSONPath?
  /// If the document has something at this path from the root, the default also replaces a member whose object is
  /// absent.
  package var defaultWhere: JSONPath?
  /// Rows in which this column is NULL are skipped.
  package var skipsRowIfNull = false
  /// For a local time: use the zone's offset at the instant in this column. A server may keep the offset of an
  /// interval's start through a night in which the clocks change.
  package var offsetAs: String?
  /// For a local time whose value is only a date: the column with the seconds since midnight.
  package var timeIn: String?

  package init(name: String, kind: ColumnKind, origin: Origin, isRequired: Bool = false, notation: Notation = .plain) {
    self.name = name
    self.kind = kind
    self.origin = origin
    self.isRequired = isRequired
    self.notation = notation
  }
}
