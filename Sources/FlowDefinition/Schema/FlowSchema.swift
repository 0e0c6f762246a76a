import FlowCore

/// The JSON Schema (draft 2020-12) of flow files, made from the declarations: for completion and checking in editors.
///
/// It checks less than `FlowLoader`: names of keys, types, relationships and choices, and forms of values; not the graph, not expressions, not names
/// of services. What the loader accepts it accepts too. Any value may be a parameter, `#{name}`.
package struct FlowSchema: Sendable {
  package static let dialect = "https://json-schema.org/draft/2020-12/schema"

  private let processors: [ProcessorDescriptor]
  private let services: [ServiceDescriptor]

  package init(processors: ProcessorCatalog, services: [ServiceDescriptor]) {
    self.processors = processors.all.map { $0.descriptor }
    self.services = services
  }

  package var document: SchemaValue {
    Self.section(FlowDocument.keys, [
      "flow": KindSchema.text("The flow's name, in messages, history and error folder."),
      "summary": KindSchema.text("What it does, in a sentence."),
      "parameters": Self.map(of: .object(["$ref": "#/$defs/parameter"]), "Values that differ between runs; used as #{name}."),
      "services": Self.map(of: .object(["$ref": "#/$defs/service"]), "What processors share, such as databases; they name it."),
      "defaults": Self.section(["queue"], ["queue": .object(["$ref": "#/$defs/queue"])], "What holds for every connection."),
      "schedule": schedule,
      "processors": .object([
        "type": "array", "minItems": 1, "items": .object(["$ref": "#/$defs/processor"]), "description": "The graph: processors and their connections.",
      ]),
    ], "A flow of flowrun.", required: ["flow", "processors"]).adding([
      "$schema": .text(Self.dialect), "title": "Flow file of flowrun",
      "$defs": .object([
        "parameter": parameter, "service": service, "processor": processor, "queue": queue, "destination": destination, "retry": retry,
      ]),
    ])
  }

  // MARK: Sections

  /// Every key of a section that the reader knows; those without a schema of their own take any value.
  private static func section(
    _ keys: [String], _ members: [String: SchemaValue], _ description: String, required: [String] = []
  ) -> SchemaValue {
    precondition(Set(members.keys).isSubset(of: keys), "the schema has a key that the reader does not know")
    let properties = Dictionary(uniqueKeysWithValues: keys.map { ($0, members[$0] ?? .object([:])) })
    return .object([
      "type": .texts(required.isEmpty ? ["object", "null"] : ["object"]), "properties": .object(properties), "additionalProperties": false,
      "required": .texts(required), "description": .text(description),
    ])
  }

  private static func map(of value: SchemaValue, _ description: String) -> SchemaValue {
    .object(["type": .texts(["object", "null"]), "additionalProperties": value, "description": .text(description)])
  }

  private var parameter: SchemaValue {
    let condition = SchemaValue.object(["type": "object", "additionalProperties": KindSchema.scalar])
    return Self.section(ParameterDeclaration.keys, [
      "default": KindSchema.text("The value if none is given; empty means unset. Without a default one must be given."),
      "when": KindSchema.oneOrMore(condition.adding(["required": .texts(["default"])]))
        .adding(["description": "Defaults under conditions: { api: simulator, default: … }."]),
      "environment": KindSchema.text("The environment variable that gives the value."),
      "help": KindSchema.text("What it is for."),
      "sensitive": KindSchema.boolean.adding(["description": "Whether it is shown nowhere, and given only by environment or file.", "default": false]),
      "choices": KindSchema.list(of: KindSchema.scalar).adding(["description": "The values that it may have."]),
      "required": KindSchema.boolean.adding(["description": "Whether an empty value is a problem.", "default": false]),
      "required_unless": condition.adding(["description": "Whether an empty value is a problem unless other parameters have these values."]),
    ], "A parameter.")
  }

  private var schedule: SchemaValue {
    Self.section(["cron", "zone", "overlap"], [
      "cron": KindSchema.text("When it is due: minute, hour, day of month, month, day of week; such as \"0 */2 * * *\"."),
      "zone": KindSchema.text("The zone of the clock: UTC, or an IANA name.").adding(["default": "UTC"]),
      "overlap": KindSchema.choice(ScheduleDeclaration.Overlap.allCases.map(\.rawValue))
        .adding(["description": "What becomes of a run that is due while one is under way."]),
    ], "When flowrun serve runs the flow.")
  }

  private var sourceSchedule: SchemaValue {
    Self.section(ScheduleReader.sourceKeys, [
      "every": KindSchema.duration.adding(["description": "The time between two runs."]),
      "cron": KindSchema.text("When it is due: minute, hour, day of month, month, day of week; such as \"0 */2 * * *\"."),
      "zone": KindSchema.text("The zone of cron's clock: UTC, or an IANA name.").adding(["default": "UTC"]),
    ], "Of a source: when flowrun serve runs the flow for it.")
  }

  private var queue: SchemaValue {
    let limits = QueueLimits()
    return Self.section(QueueReader.keys, [
      "count": KindSchema.integer.adding(["description": "FlowFiles at which the queue exerts back pressure; 0: no limit.", "default": .number(limits.count)]),
      "bytes": KindSchema.size.adding(["description": "Their size at which it does; 0: no limit.", "default": .number(limits.bytes)]),
      "prioritise": KindSchema.text("The attribute by which the queue is ordered, smaller integers first."),
    ], "A connection's thresholds.")
  }

  private var destination: SchemaValue {
    let name = KindSchema.text("A processor's name, or errors, defer or drop.")
    let names = KindSchema.oneOrMore(name)
    let withQueue = Self.section(
      ["then", "queue"], ["then": names, "queue": .object(["$ref": "#/$defs/queue"])], "Destinations with a queue of their own.", required: ["then"])
    return .any(of: [name, withQueue, KindSchema.list(of: .any(of: [name, withQueue]))])
  }

  private var retry: SchemaValue {
    Self.section(ProcessorEntryReader.retryKeys, [
      "attempts": KindSchema.integer.adding(["description": "The number of tries, the first one included."]),
      "backoff": KindSchema.duration.adding(["description": "The wait before the second try; it doubles from then on.", "default": "1s"]),
      "max_backoff": KindSchema.duration.adding(["description": "The longest wait.", "default": "10m"]),
      "on": KindSchema.oneOrMore(KindSchema.scalar)
        .adding(["description": "The relationships whose FlowFiles are tried again.", "default": .text(Relationship.failureName)]),
    ], "Tries failed FlowFiles again.", required: ["attempts"])
  }

  // MARK: Types

  /// A choice of types with their summaries, which editors show.
  private static func types(_ types: [(name: String, summary: String)]) -> SchemaValue {
    .any(of: types.map { .object(["const": .text($0.name), "description": .text($0.summary)]) })
  }

  private var service: SchemaValue {
    let branches = services.map { service -> SchemaValue in
      let form = KindSchema.record(service.properties, service.summary, more: ["type": .object([:])])
      return Self.branch(service.type, then: form)
    }
    return .object([
      "type": "object", "required": .texts(["type"]), "properties": .object(["type": Self.types(services.map { ($0.type, $0.summary) })]),
      "allOf": .list(branches),
    ])
  }

  private var processor: SchemaValue {
    let entry = Self.section(ProcessorEntryReader.keys, [
      "name": KindSchema.text("The processor's name, unique in the flow."),
      "type": Self.types(processors.flatMap { processor in ([processor.type] + processor.formerTypes).map { ($0, processor.summary) } }),
      "group": KindSchema.text("The group in which it is drawn."),
      "to": Self.map(of: .object(["$ref": "#/$defs/destination"]), "Where the FlowFiles of each relationship go."),
      "concurrency": KindSchema.integer.adding(["description": "How many triggers may run at once, 1 to 64."]),
      "retry": .object(["$ref": "#/$defs/retry"]), "schedule": sourceSchedule,
    ], "A processor.", required: ["name", "type"])
    return entry.adding([
      "allOf": .list(
        processors.flatMap { processor in
          ([processor.type] + processor.formerTypes).map { Self.branch($0, then: .object(["properties": .object(form(of: processor))])) }
        })
    ])
  }

  private func form(of processor: ProcessorDescriptor) -> [String: SchemaValue] {
    var form = ["properties": KindSchema.record(processor.properties, processor.summary)]
    // Without relationships of its own properties, the declared ones are all.
    if processor.relationshipsFromProperties == nil {
      form["to"] = .object([
        "properties": .object(
          Dictionary(uniqueKeysWithValues: processor.relationships.map { ($0.name, SchemaValue.object(["description": .text($0.documentation)])) })),
        "additionalProperties": false,
      ])
    }
    return form
  }

  private static func branch(_ type: String, then: SchemaValue) -> SchemaValue {
    .object(["if": .object(["properties": .object(["type": .object(["const": .text(type)])]), "required": .texts(["type"])]), "then": then])
  }
}
