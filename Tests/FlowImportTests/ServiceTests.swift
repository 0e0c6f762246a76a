import FlowImport
import Foundation
import Testing

@Suite("A service is found as NiFi finds it, and what it is set to is in the flow file or the report")
struct ServiceTests {
  private typealias Bench = ImportBench

  private static func service(_ id: String, _ type: String, _ properties: [String: Any] = [:]) -> [String: Any] {
    ["identifier": id, "name": id, "type": "org.apache.nifi.\(type)", "properties": properties]
  }

  private static func csv(_ separator: String) -> [String: Any] { service("csv", "csv.CSVReader", ["Value Separator": separator]) }
  private static func group(_ id: String, _ services: [[String: Any]], _ groups: [[String: Any]] = []) -> [String: Any] {
    ["identifier": id, "name": id, "controllerServices": services + [service("json", "json.JsonRecordSetWriter")], "processors": [convert("convert \(id)")], "processGroups": groups]
  }
  private static func convert(_ id: String) -> [String: Any] { Bench.processor(id, "standard.ConvertRecord", ["Record Reader": "csv", "Record Writer": "json"]) }

  // MARK: Scope

  @Test("copies of a versioned group use their own services, which have the same identifiers")
  func copies() throws {
    let flow = try Bench.imported(Bench.definition([], group: ["processGroups": [Self.group("left", [Self.csv(";")]), Self.group("right", [Self.csv("|")])]]))
    let parts = flow.yaml.components(separatedBy: "  - name: ").dropFirst()
    #expect(parts.first { $0.hasPrefix("convert left") }?.contains("csv_separator: \";\"") == true && parts.first { $0.hasPrefix("convert right") }?.contains("csv_separator: \"|\"") == true, "\(flow.yaml)")
    #expect(flow.components.filter { $0.id == "csv" }.map { $0.notes[0] } == ["it became properties of convert left", "it became properties of convert right"])
  }

  @Test("a service of a group around it counts, unless the processor's own group has one")
  func outward() throws {
    let inner = Self.group("inner", []), nearer = Self.group("nearer", [Self.csv("|")])
    let flow = try Bench.imported(Bench.definition([], group: ["controllerServices": [Self.csv(";")], "processGroups": [Self.group("middle", [], [inner, nearer])]]))
    #expect(flow.yaml.matches(of: #/csv_separator: ";"/#).count == 2 && flow.yaml.matches(of: #/csv_separator: "\|"/#).count == 1, "\(flow.yaml)")
  }

  @Test("a service of another group, or one of several with the same identifier, makes a placeholder")
  func ambiguous() throws {
    let other = try Bench.imported(Bench.definition([], group: ["processGroups": [Self.group("left", [Self.csv(";")]), Self.group("right", [])]]))
    #expect(try other.component("convert right").status == .placeholder)
    #expect(try other.component("convert right").notes.contains("'Record Reader' is a service of a group that the processor is not in"))
    let twice = try Bench.imported(Bench.definition([], group: ["processGroups": [Self.group("left", [Self.csv(";"), Self.csv("|")])]]))
    #expect(try twice.component("convert left").status == .placeholder && twice.component("convert left").notes.contains { $0.contains("may be several services") })
  }

  // MARK: Readers and writers

  /// The report's line of a ConvertRecord whose reader and writer have these properties.
  private static func converted(reader: (String, [String: Any]), writer: (String, [String: Any])) throws -> ImportedComponent {
    let services = [service("csv", reader.0, reader.1), service("json", writer.0, writer.1)]
    return try Bench.imported(Bench.definition([convert("p")], group: ["controllerServices": services])).component("p")
  }

  @Test(
    "what a reader or writer is set to and flowrun's has not is in the report",
    arguments: [
      ("csv.CSVRecordSetWriter", "Schema Access Strategy", "schema-text-property", "all fields of a record are written, also those that the schema lacks"),
      ("csv.CSVRecordSetWriter", "schema-access-strategy", "schema-name", "all fields of a record are written"),
      ("json.JsonRecordSetWriter", "Schema Access Strategy", "schema-text-property", "all fields of a record are written"),
      ("csv.CSVRecordSetWriter", "Date Format", "dd.MM.yyyy", "'Date Format' of the writer is 'dd.MM.yyyy' in NiFi"), ("json.JsonRecordSetWriter", "Timestamp Format", "yyyy", "'Timestamp Format' of the writer"),
      ("json.JsonRecordSetWriter", "Time Format", "HH:mm", "'Time Format' of the writer"), ("csv.CSVRecordSetWriter", "Quote Mode", "ALL", "'Quote Mode' of the writer is 'ALL'"),
      ("csv.CSVRecordSetWriter", "Record Separator", "|", "'Record Separator' of the writer"), ("csv.CSVRecordSetWriter", "Escape Character", "'", "'Escape Character' of the writer"),
      ("csv.CSVRecordSetWriter", "Character Set", "UTF-16", "'Character Set' of the writer"), ("csv.CSVRecordSetWriter", "csvutils-character-set", "ISO-8859-1", "'csvutils-character-set' of the writer"),
      ("csv.CSVRecordSetWriter", "Schema Write Strategy", "avro-embedded", "'Schema Write Strategy' of the writer"), ("json.JsonRecordSetWriter", "Later Property", "x", "'Later Property' of the writer is 'x' in NiFi, and flowrun has no such property"),
      ("csv.CSVReader", "Schema Access Strategy", "schema-name", "fields and types are those of the content"), ("csv.CSVReader", "Date Format", "dd.MM.yyyy", "'Date Format' of the reader"),
      ("csv.CSVReader", "Character Set", "UTF-16", "'Character Set' of the reader"), ("csv.CSVReader", "Escape Character", "'", "'Escape Character' of the reader"),
      ("json.JsonTreeReader", "Allow Comments", "true", "'Allow Comments' of the reader"), ("json.JsonTreeReader", "Later Property", "x", "'Later Property' of the reader is 'x' in NiFi"),
    ])
  func settings(_ type: String, _ property: String, _ value: String, _ note: String) throws {
    let isReader = type.hasSuffix("Reader")
    let component = try Self.converted(reader: isReader ? (type, [property: value]) : ("json.JsonTreeReader", [:]), writer: isReader ? ("json.JsonRecordSetWriter", [:]) : (type, [property: value]))
    #expect(component.status == .partial && component.notes.contains { $0.contains(note) }, "\(component)")
    // The flow does not run before a person has decided.
    let unknown = "unknown property '\(isReader ? "reader" : "writer")_"
    #expect(component.notes.contains { $0.hasPrefix("validate: \(unknown)") }, "\(component)")
  }

  @Test("what a reader or writer is set to and flowrun has is a property", arguments: [
    ("csv.CSVReader", "Schema Access Strategy", "csv-header-derived", "      csv_types: text\n"), ("csv.CSVReader", "schema-access-strategy", "csv-header-derived", "      csv_types: text\n"),
    ("csv.CSVRecordSetWriter", "Record Separator", "\\n", "      record_separator: \"\\\\n\"\n"), ("csv.CSVRecordSetWriter", "Record Separator", "\n", "      record_separator: \"\\\\n\"\n"),
    ("csv.CSVRecordSetWriter", "Quote Mode", "MINIMAL", "      record_separator: \"\\\\n\"\n"),
    ("json.JsonRecordSetWriter", "suppress-nulls", "always-suppress", "      suppress_null_values: always_suppress\n"),
    ("json.JsonRecordSetWriter", "Suppress Null Values", "suppress-missing", "      suppress_null_values: suppress_missing\n"),
  ])
  func known(_ type: String, _ property: String, _ value: String, _ written: String) throws {
    let isReader = type.hasSuffix("Reader")
    let services = [
      isReader ? Self.service("csv", type, [property: value]) : Self.service("csv", "json.JsonTreeReader"), isReader ? Self.service("json", "json.JsonRecordSetWriter") : Self.service("json", type, [property: value]),
    ]
    let flow = try Bench.imported(Bench.definition([Bench.processor("make", "standard.GenerateFlowFile", ["Custom Text": "a"]), Self.convert("p").merging(["autoTerminatedRelationships": ["success", "failure"]]) { $1 }], [Bench.connection("c", "make", "p", ["success"])], group: ["controllerServices": services]))
    #expect(flow.yaml.contains(written), "\(flow.yaml)")
    // A reader of CSV differs in what the records may be.
    let status: ImportedComponent.Status = type == "csv.CSVReader" ? .partial : .converted
    #expect(try flow.component("p").status == status && flow.component("csv").status == status && flow.component("json").status == .converted, "\(flow.components)")
    #expect(Bench.problems(of: Array(flow.yaml.utf8)).isEmpty, "\(flow.yaml)")
  }

  @Test("only a form of one's own has a separator of records; RFC 4180's is CR LF", arguments: ["rfc-4180", "excel", "tdf"])
  func linesOfForms(_ form: String) throws {
    let services = [Self.service("csv", "json.JsonTreeReader"), Self.service("json", "csv.CSVRecordSetWriter", ["CSV Format": form, "Record Separator": "\\n"])]
    let flow = try Bench.imported(Bench.definition([Self.convert("p")], group: ["controllerServices": services]))
    #expect(!flow.yaml.contains("record_separator"), "\(flow.yaml)")
  }

  @Test("NiFi's defaults, and what makes no difference, are no difference")
  func defaults() throws {
    let reader: [String: Any] = [
      "Schema Access Strategy": "csv-header-derived", "CSV Format": "rfc-4180", "Allow Duplicate Header Names": "false", "Escape Character": "\\", "Character Set": "UTF-8", "Record Separator": "\\n", "Schema Text": "${avro.schema}", "CSV Parser": "commons-csv",
      "Trim double quote": "true", "Date Format": "",
    ]
    let writer: [String: Any] = [
      "Schema Access Strategy": "inherit-record-schema", "Schema Write Strategy": "no-schema", "Quote Mode": "MINIMAL", "Record Separator": "\\n", "Include Trailing Delimiter": "false", "Escape Character": "\\",
      "Character Set": "UTF-8", "Trim Fields": "true",
    ]
    let services = [Self.service("csv", "csv.CSVReader", reader), Self.service("json", "csv.CSVRecordSetWriter", writer)]
    let flow = try Bench.imported(Bench.definition([Self.convert("p")], group: ["controllerServices": services]))
    #expect(try flow.component("csv").status == .converted && flow.component("json").status == .converted, "\(flow.components)")
  }

  // MARK: Databases

  private static func pool(_ type: String, _ properties: [String: Any]) throws -> ImportedFlow {
    let query = Bench.processor("q", "standard.ExecuteSQL", ["Database Connection Pooling Service": "pool", "SQL select query": "SELECT 1"])
    return try Bench.imported(Bench.definition([query], group: ["controllerServices": [service("pool", "dbcp.\(type)", properties)]]))
  }

  @Test("a pool's user and address are the database's, under both names", arguments: [
    ("DBCPConnectionPool", "Database Connection URL", "Database User"), ("HikariCPConnectionPool", "hikaricp-connection-url", "hikaricp-username"),
    ("HikariCPConnectionPool", "Database Connection URL", "Database User"),
  ])
  func pools(_ type: String, _ address: String, _ user: String) throws {
    let flow = try Self.pool(type, [address: "jdbc:postgresql://db:5432/study", user: "me"])
    #expect(flow.yaml.contains("    default: \"postgresql://me@db:5432/study\"\n"), "\(flow.yaml)")
    #expect(try flow.component("pool").status == .converted)
  }

  @Test("what a database lacks of its pool is in the report", arguments: [
    (["Database Connection URL": "jdbc:postgresql://h/d?sslmode=require&currentSchema=a"], "the options of its address are left out: sslmode, currentSchema"),
    (["Database Connection URL": "jdbc:postgresql://h/d", "Database User": "a b"], "its user is no plain name and is left out"),
    (["Database Connection URL": "jdbc:postgresql://h/d", "Password Source": "PASSWORD_PROVIDER"], "'Password Source' of the pool is set in NiFi"),
    (["Database Connection URL": "jdbc:postgresql://h/d", "kerberos-principal": "a@B"], "'kerberos-principal' of the pool"),
    (["Database Connection URL": "jdbc:postgresql://h/d", "ssl": "true"], "'ssl' of the pool is 'true' in NiFi, and flowrun has no such property"),
    ([:], "its address (none in the file) is not of a database that flowrun knows"),
  ] as [([String: String], String)])
  func differences(_ properties: [String: String], _ note: String) throws {
    let component = try Self.pool("DBCPConnectionPool", properties).component("pool")
    #expect(component.status == .partial && component.notes.contains { $0.contains(note) }, "\(component)")
  }

  @Test("a pool that chooses among several makes a placeholder")
  func lookup() throws {
    let flow = try Self.pool("DBCPConnectionPoolLookup", ["a": "one", "b": "two"])
    #expect(try flow.component("q").status == .placeholder && flow.component("q").notes.contains { $0.contains("DBCPConnectionPoolLookup, which flowrun does not know as a database") })
    #expect(!flow.yaml.contains("services:"))
  }
}
