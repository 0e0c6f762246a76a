import FlowCore
import StudyModel

/// The properties that identify a table, shared by DedupeCheck and WriteRecords.
struct TableUse: Sendable {
  static let database = Property<ServiceReference>.required("database", .service(.recordStore), "Database that holds the table.")
  static let table = Property<String>.required("table", .identifier, "Table of the records.")
  static let key = Property<[String]>.required("key", .list(of: .identifier), "Columns that identify a row; `participant_id` is implied.")

  static let properties = [PropertyDescriptor(database), PropertyDescriptor(table), PropertyDescriptor(key)]

  static func declaration(_ values: PropertyValues, naming: [String: [String]] = [:]) -> RecordDeclaration {
    .uses(table: values[table], key: values[key], service: values[database].name, naming: naming)
  }

  let store: any RecordStore
  let schema: TableSchema

  init(_ configuration: ProcessorConfiguration) throws {
    store = configuration.recordStore(Self.database)
    schema = try configuration.schema(of: Self.table)
  }

  /// The records of a FlowFile. Other content is an error in the flow.
  func records(of flowFile: FlowFile) throws(ProcessorError) -> RecordBatch { try flowFile.records() }

  /// The values of the property `replaces` for a FlowFile, by column. An empty value would replace rows of every day: it is an error.
  static func values(
    _ replaces: [NamedValue<any AttributeExpression>], for flowFile: FlowFile
  ) throws(ProcessorError) -> [String: String] {
    var values: [String: String] = [:]
    do {
      for column in replaces { values[column.name] = try column.value.evaluate(flowFile) }
    } catch let error as ProcessorError {
      throw error
    } catch {
      throw ProcessorError(.expression, "\(error)")
    }
    if let empty = values.filter({ $0.value.isEmpty }).keys.min() {
      throw ProcessorError(.badData, "the value of '\(empty)' in 'replaces' is empty; expected one, such as the slice's date")
    }
    return values
  }
}

extension ProcessorConfiguration {
  /// The table that a property names, with its columns. Throws a `Diagnostic` if nothing fills it.
  func schema(of property: Property<String>) throws -> TableSchema {
    let table = self[property]
    guard let schema = tables.first(where: { $0.name == table }) else {
      throw Diagnostic(
        .noRecords, subject: "\(name)", found: "table '\(table)' has no columns: no ExtractRecords leads here",
        expected: "records from upstream")
    }
    return schema
  }
}

extension FlowFile {
  /// Its records. Other content is an error in the flow.
  func records() throws(ProcessorError) -> RecordBatch {
    guard case .records(let batch) = content else {
      throw ProcessorError(.badData, "the content is not records; expected the output of an ExtractRecords")
    }
    return batch
  }
}

extension PropertyKind where Value == String {
  /// A name that needs no quotes in SQL.
  static var identifier: PropertyKind {
    .scalar("identifier", expected: "a name of letters, digits and _, not beginning with a digit") { text in
      let isName = text.utf8.allSatisfy { $0 == 95 || (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) }
      return isName && !text.isEmpty && text.count <= 63 && !(text.first?.isNumber ?? true) ? text : nil
    }
  }
}
