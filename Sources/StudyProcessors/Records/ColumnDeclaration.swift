import FlowCore
import StudyModel

/// A column declared in the flow file: kind, source and validation.
///
///     steps:      { kind: integer }                                    # the row's member `steps`; NULL if it is absent
///     distance:   { kind: real, from: "distances[activity=total]/distance" }
///     date:       { kind: date, value: "${slice.date}" }               # from attributes
///     date:       { kind: date, from: ../civilStartTime/date }         # of the object around the row
///     minutes:    { kind: integer, from: duration, notation: seconds_duration, factor: 1/60 }
///     value:      { kind: integer, from: steps/count, accept_text: true, default: 0 }
///     minutes:    { kind: integer, from: "/time/zones[zone=@zone]/minutes" }   # from the element with this row's zone
///     minutes:    { kind: integer, from: "/time/zones[zone=@zone]?/minutes" }  # NULL if the list has no such element
///     calories:   { kind: integer, total: /basal/*/points/*/kcal, total_within: time }   # sum of the values in the slice
///     instant:    { kind: instant, time_of_day: time, required: true }
///     utc_offset: { kind: offset, zone_of: instant }
///     instant:    { kind: instant, from: date, time_in: time, notation: local_time }     # a date and a time of day beside it
///     low:        { kind: real, from: value/vo2Max, notation: range_low }                # 41 of "41-45"
///     type:       { kind: text, from: name, or: ["/details[id=@id]?/answer/name"] }      # where the row itself has none
struct ColumnDeclaration: ConfigurationRecord {
  static let kind = Property<ColumnKind>.required(
    "kind", .choice,
    "`integer` (a fraction is rounded to nearest), `real`, `text`, `date`, `instant` (with zone), `offset` (seconds east of UTC).")
  static let from = Property<JSONPath>(
    "from", .valuePath, "Path of the value from the row, or from the root; default: the row's member with the column's name.")
  static let alternatives = Property<[JSONPath]>(
    "or", .list(of: .valuePath), default: "", "Further paths, tried in order for rows in which `from` is NULL.")
  static let value = Property<any AttributeExpression>(
    "value", .expression, "The value for all rows, from the FlowFile's attributes; empty is NULL.")
  static let timeOfDay = Property<JSONPath>(
    "time_of_day", .valuePath,
    "`instant` only: path of a time HH:mm:ss in UTC. The date is `slice.date` and advances when the time of day decreases.")
  static let zoneOf = Property<String>(
    "zone_of", .text, "`offset` only: the instant column for which the offset of the participant's zone is computed.")
  static let total = Property<JSONPath>(
    "total", .totalPath, "Numbers only: the sum of the values at this path from the root, which may contain `*`; NULL if there are none.")
  static let totalWithin = Property<JSONPath>(
    "total_within", .valuePath, "With `total`: path of an instant beside the number. Values outside the slice are not added; if all are outside, extraction fails.")
  static let isRequired = Property<Bool>("required", .boolean, default: "false", "Whether an absent (without a default) or null value fails; otherwise it becomes NULL.")
  static let acceptsText = Property<Bool>(
    "accept_text", .boolean, default: "false", "Whether a number may be written as text (\"12\").")
  static let minimum = Property<Double>("minimum", .real, "Least valid number, as stored.")
  static let maximum = Property<Double>("maximum", .real, "Greatest valid number, as stored.")
  static let factor = Property<Double>("factor", .factor, "Factor by which a number is multiplied.")
  static let nullValues = Property<[String]>(
    "null_values", .list(of: .text), "Values that mean \"unknown\" and become NULL. `NaN` always does.")
  static let notation = Property<MappedColumn.Notation>(
    "notation", .choice, default: "plain", "Notation of the value: `plain`, `seconds_duration` (\"77640s\"), `boolean` (true is 1; as `text` the word), `digits` (a text written as a whole number), `local_time` (an instant without an offset, in the participant's zone), `clock_time` (\"07:32:05\" as seconds since midnight), `range_low` and `range_high` (the ends of \"41-45\"; a single number is both).")
  static let defaultValue = Property<String>(
    "default", .text, "Value used if the member is absent from an existing object.")

  static let defaultWhere = Property<JSONPath>(
    "default_where", .valuePath, "If the document has a value at this path from the root, `default` also applies if the member's object is absent.")
  static let offsetAs = Property<String>(
    "offset_as", .text, "With `local_time`: the instant column whose UTC offset is used, for times recorded with the offset of a start time.")
  static let timeIn = Property<JSONPath>(
    "time_in", .valuePath, "With `local_time`: the value is only a date, and the time of day HH:mm:ss is at this path.")
  static let skipsNull = Property<Bool>("skip_null", .boolean, default: "false", "Whether a row in which this column is NULL is dropped and counted.")
  static let over = Property<RecordAggregation.Function>(
    "over", .choice, "With `every`: how the values of one span are combined: `mean` (an integer's is rounded, .5 away from zero), `sum`, `minimum`, `maximum`; NULL values are ignored. Without it the first row's value is used.")

  static let properties: [PropertyDescriptor] = [
    PropertyDescriptor(kind), PropertyDescriptor(from), PropertyDescriptor(alternatives), PropertyDescriptor(value), PropertyDescriptor(timeOfDay),
    PropertyDescriptor(zoneOf), PropertyDescriptor(total), PropertyDescriptor(totalWithin), PropertyDescriptor(isRequired), PropertyDescriptor(acceptsText),
    PropertyDescriptor(minimum), PropertyDescriptor(maximum), PropertyDescriptor(factor), PropertyDescriptor(nullValues),
    PropertyDescriptor(notation), PropertyDescriptor(defaultValue), PropertyDescriptor(defaultWhere), PropertyDescriptor(offsetAs), PropertyDescriptor(timeIn), PropertyDescriptor(skipsNull),
    PropertyDescriptor(over),
  ]

  let values: PropertyValues
  private let position: SourcePosition
  /// Positions of the given values, by property.
  private let positions: [String: SourcePosition]

  init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    self.values = values
    position = node.position
    guard case .map(let members) = node.value else {
      positions = [:]
      return
    }
    positions = Dictionary(members.map { ($0.key.text, $0.value.position) }) { first, _ in first }
  }

  func isGiven(_ property: String) -> Bool { positions[property] != nil }
  func position(of property: String) -> SourcePosition { positions[property] ?? position }

  /// The column in the form that the extractor uses.
  func mapped(_ name: String) -> MappedColumn {
    var column = MappedColumn(
      name: name, kind: values[Self.kind], origin: origin(name), isRequired: values[Self.isRequired], notation: values[Self.notation])
    column.acceptsText = values[Self.acceptsText]
    setBounds(of: &column)
    setAbsence(of: &column)
    column.totalWithin = values.optional(Self.totalWithin)
    column.offsetAs = values.optional(Self.offsetAs)
    if values.optional(Self.timeIn) != nil { column.timeIn = Self.timeName(of: name) }
    return column
  }

  /// Columns that are read for this one and are not part of the rows. Their names are not valid for columns of a flow.
  func supporting(_ name: String) -> [MappedColumn] {
    var supporting: [MappedColumn] = []
    if let path = values.optional(Self.timeIn) {
      supporting.append(
        MappedColumn(
          name: Self.timeName(of: name), kind: .integer, origin: .path(path), isRequired: values[Self.isRequired], notation: .clockTime))
    }
    for (place, path) in values[Self.alternatives].enumerated() {
      var alternative = mapped(Self.alternativeName(of: name, place))
      alternative.origin = .path(path)
      supporting.append(alternative)
    }
    return supporting
  }

  private static func timeName(of name: String) -> String { "\(name) time" }
  static func alternativeName(of name: String, _ place: Int) -> String { "\(name) or \(place)" }

  private func setBounds(of column: inout MappedColumn) {
    column.minimum = values.optional(Self.minimum)
    column.maximum = values.optional(Self.maximum)
    column.factor = values.optional(Self.factor)
  }

  private func setAbsence(of column: inout MappedColumn) {
    column.nullValues = values.optional(Self.nullValues) ?? []
    column.defaultText = values.optional(Self.defaultValue)
    column.defaultWhere = values.optional(Self.defaultWhere)
    column.skipsRowIfNull = values[Self.skipsNull]
  }

  private func origin(_ name: String) -> MappedColumn.Origin {
    if values.optional(Self.value) != nil { return .attribute }
    if let path = values.optional(Self.timeOfDay) { return .timeOfDay(path) }
    if let path = values.optional(Self.total) { return .total(path) }
    if let instant = values.optional(Self.zoneOf) { return .zone(instantColumn: instant) }
    let ownName = JSONPath(isAbsolute: false, components: [.member(name)], text: name)
    return .path(values.optional(Self.from) ?? ownName)
  }
}
