import FlowCore
import StudyModel

/// A column as the flow file declares it: what it holds, where it comes from, what is let through.
///
///     steps:      { kind: integer }                                    # the row's member `steps`; NULL where it is absent
///     distance:   { kind: real, from: "distances[activity=total]/distance" }
///     date:       { kind: date, value: "${slice.date}" }               # from attributes
///     date:       { kind: date, from: ../civilStartTime/date }         # of the object around the row
///     minutes:    { kind: integer, from: duration, notation: seconds_duration, factor: 1/60 }
///     value:      { kind: integer, from: steps/count, accept_text: true, default: 0 }
///     minutes:    { kind: integer, from: "/time/zones[zone=@zone]/minutes" }   # of the element whose zone is this row's
///     minutes:    { kind: integer, from: "/time/zones[zone=@zone]?/minutes" }  # NULL where the list has no such element
///     calories:   { kind: integer, total: /basal/*/points/*/kcal, total_within: time }   # the sum of those in the slice
///     instant:    { kind: instant, time_of_day: time, required: true }
///     utc_offset: { kind: offset, zone_of: instant }
struct ColumnDeclaration: ConfigurationRecord {
  static let kind = Property<ColumnKind>.required(
    "kind", .choice,
    "`integer` (a fraction is rounded to nearest), `real`, `text`, `date`, `instant` (with zone), `offset` (seconds east of UTC).")
  static let from = Property<JSONPath>(
    "from", .valuePath, "Path of the value from the row, or from the root; the row's member of the column's name if not given.")
  static let value = Property<any AttributeExpression>(
    "value", .expression, "The value for all rows, from the FlowFile's attributes; empty is NULL.")
  static let timeOfDay = Property<JSONPath>(
    "time_of_day", .valuePath,
    "`instant` only: path of a time HH:mm:ss in UTC. The date is `slice.date` and moves on when the time of day goes back.")
  static let zoneOf = Property<String>(
    "zone_of", .text, "`offset` only: the instant column at whose instant the participant's zone has this offset.")
  static let total = Property<JSONPath>(
    "total", .totalPath, "Numbers only: the sum of what is at this path from the root, which may hold `*`; NULL where nothing is.")
  static let totalWithin = Property<JSONPath>(
    "total_within", .valuePath, "With `total`: path of an instant beside the number. What lies outside of the slice is not added; where all does, it fails.")
  static let isRequired = Property<Bool>("required", .boolean, default: "false", "Absent (without a default) or null fails; otherwise it is NULL.")
  static let acceptsText = Property<Bool>(
    "accept_text", .boolean, default: "false", "A number may be written as text (\"12\").")
  static let minimum = Property<Double>("minimum", .real, "The least number that is let through, as stored.")
  static let maximum = Property<Double>("maximum", .real, "The greatest number that is let through, as stored.")
  static let factor = Property<Double>("factor", .factor, "A number is multiplied by this.")
  static let nullValues = Property<[String]>(
    "null_values", .list(of: .text), "Values that mean \"not known\": they become NULL. `NaN` always does.")
  static let notation = Property<MappedColumn.Notation>(
    "notation", .choice, default: "plain", "How it is written: `plain`, `seconds_duration` (\"77640s\"), `boolean` (true is 1; as `text` the word), `digits` (a text written as a whole number), `local_time` (an instant without an offset, in the participant's zone).")
  static let defaultValue = Property<String>(
    "default", .text, "Stands for the member where it is absent from an object that is there.")

  static let defaultWhere = Property<JSONPath>(
    "default_where", .valuePath, "Where the document has something at this path from the root, `default` also stands for a member whose object is absent.")
  static let offsetAs = Property<String>(
    "offset_as", .text, "With `local_time`: the instant column at whose instant the zone's offset is taken, for times that keep the offset of a beginning.")
  static let skipsNull = Property<Bool>("skip_null", .boolean, default: "false", "A row in which this column is NULL is left out, and counted.")
  static let over = Property<RecordAggregation.Function>(
    "over", .choice, "With `every`: what becomes of the values of one span: `mean` (an integer's is rounded, .5 away from zero), `sum`, `minimum`, `maximum`; NULL does not count. Without it the first row's value stays.")

  static let properties: [PropertyDescriptor] = [
    PropertyDescriptor(kind), PropertyDescriptor(from), PropertyDescriptor(value), PropertyDescriptor(timeOfDay),
    PropertyDescriptor(zoneOf), PropertyDescriptor(total), PropertyDescriptor(totalWithin), PropertyDescriptor(isRequired), PropertyDescriptor(acceptsText),
    PropertyDescriptor(minimum), PropertyDescriptor(maximum), PropertyDescriptor(factor), PropertyDescriptor(nullValues),
    PropertyDescriptor(notation), PropertyDescriptor(defaultValue), PropertyDescriptor(defaultWhere), PropertyDescriptor(offsetAs), PropertyDescriptor(skipsNull),
    PropertyDescriptor(over),
  ]

  let values: PropertyValues
  private let position: SourcePosition
  /// Of the values that were written, by property.
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

  /// The column as the extractor reads it.
  func mapped(_ name: String) -> MappedColumn {
    var column = MappedColumn(
      name: name, kind: values[Self.kind], origin: origin(name), isRequired: values[Self.isRequired],
      acceptsText: values[Self.acceptsText], minimum: values.optional(Self.minimum), maximum: values.optional(Self.maximum),
      factor: values.optional(Self.factor), nullValues: values.optional(Self.nullValues) ?? [],
      notation: values[Self.notation], defaultText: values.optional(Self.defaultValue),
      defaultWhere: values.optional(Self.defaultWhere), leavesRowOut: values[Self.skipsNull],
      offsetAs: values.optional(Self.offsetAs))
    column.totalWithin = values.optional(Self.totalWithin)
    return column
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
