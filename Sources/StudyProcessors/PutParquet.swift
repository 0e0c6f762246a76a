import FlowCore
import StudyModel

/// Puts the rows of each slice into object storage, as a Parquet file of its own. The content goes on as it is.
///
/// The answer that was fetched last wins: an object is written over the one before it, unless the ledger has a newer answer. An answer without rows
/// is put too, as a file without rows, so that a day that has lost its rows does not keep them there. An answer that is not finished is put only
/// where nothing is yet.
package struct PutParquet: Processor {
  static let objects = Property<ServiceReference>.required("objects", .service(.objectStorage), "Storage that takes the objects.")
  static let table = Property<String>.required("table", .identifier, "Table of the records, whose columns the objects have after `participant`.")
  static let key = Property<[String]>.required("key", .list(of: .identifier), "Columns that identify a row of a participant; they are never NULL.")
  static let object = Property<any AttributeExpression>.required(
    "object", .expression, "Key of a slice's object, such as `steps/day=${slice.date}/${participant}.parquet`: no other slice or participant may have the same.")

  static let success = Relationship("success", "The objects are durable, or the storage is switched off.")
  static let failure = Relationship(Relationship.failureName, "An object cannot be written, or the content is not records.")

  private static let objectsCounter = "objects put"

  package static let descriptor = ProcessorDescriptor(
    type: "PutParquet",
    summary: "Puts a slice's records into object storage as a Parquet file.",
    properties: [PropertyDescriptor(objects), PropertyDescriptor(AnswerAge.ledger), PropertyDescriptor(table), PropertyDescriptor(key), PropertyDescriptor(object)],
    relationships: [success, failure],
    reads: [
      AttributeDescriptor(AttributeName.participant, "Participant of the records, the first column."),
      AttributeDescriptor(AttributeName.sliceParts, "Slices of a FlowFile that covers several: an object for each."),
      AttributeDescriptor(AttributeName.sliceRows, "Number of rows of each of them."),
      AttributeDescriptor(AttributeName.rawObject, "Object of the raw storage with the response; it is durable before the rows leave."),
      AttributeDescriptor(AttributeName.sliceUnfinished, "`true`: the answer is not finished, and replaces no object."),
    ] + AnswerAge.reads,
    writes: [
      AttributeDescriptor(AttributeName.parquetObject, "Location of the object: a path or `s3://…`; of several slices, a line each, which is empty for a stale answer."),
      AttributeDescriptor(AttributeName.parquetRows, "Number of rows in these objects."),
    ],
    concurrency: 4, counters: [AttributeDescriptor(objectsCounter, "Objects written."), AnswerAge.counterDocumentation],
    records: { .uses(table: $0[table], key: $0[key], service: $0[objects].name) })

  private let storage: any ObjectKeeping
  private let age: AnswerAge
  private let schema: TableSchema
  private let object: any AttributeExpression
  private let flowSHA256: String
  private let commitBarrier: CommitBarrier

  package init(_ configuration: ProcessorConfiguration) throws {
    storage = configuration.objectStorage(Self.objects)
    age = AnswerAge(configuration)
    schema = try configuration.schema(of: Self.table)
    object = configuration[Self.object]
    flowSHA256 = configuration.environment.flowSHA256
    commitBarrier = configuration.environment.commitBarrier
  }

  package func process(_ session: ProcessSession) async throws {
    guard var flowFile = session.get() else { return }
    let batch = try flowFile.records()
    guard storage.isOn else { return session.transfer(flowFile, to: Self.success) }
    // What the rows were made from must outlast them.
    try await commitBarrier.pass([flowFile])
    let participant = try flowFile.required(AttributeName.participant)
    let slices = try flowFile.eachSlice(batch)
    let stale = try await age.areStale(slices.map(\.flowFile))
    var locations: [String] = []
    var count = 0
    for ((slice, rows), isStale) in zip(slices, stale) {
      guard !isStale else {
        locations.append("")
        continue
      }
      locations.append(
        try await storage.put(
          RecordObject(
            key: try key(of: slice), table: schema, participant: participant, batch: rows, metadata: metadata(of: slice),
            replaces: slice[AttributeName.sliceUnfinished] != "true")))
      count += rows.count
    }
    flowFile[AttributeName.parquetObject] = locations.joined(separator: "\n")
    flowFile[AttributeName.parquetRows] = String(count)
    let staleCount = stale.count { $0 }
    session.count(Self.objectsCounter, locations.count - staleCount)
    if staleCount > 0 { session.count(AnswerAge.counter, staleCount) }
    session.transfer(flowFile, to: Self.success)
  }

  private func key(of slice: FlowFile) throws(ProcessorError) -> String {
    do {
      return try object.evaluate(slice)
    } catch let error as ProcessorError {
      throw error
    } catch {
      throw ProcessorError(.expression, "\(error)")
    }
  }

  private func metadata(of slice: FlowFile) -> [(key: String, value: String)] {
    [(key: "flowrun.table", value: schema.name), (key: "flowrun.flow_sha256", value: flowSHA256)]
      + (slice[AttributeName.dataType].map { [(key: "flowrun.data_type", value: $0)] } ?? [])
  }
}
