import FlowCore
import FlowProcessors
import FlowSQLite
import FlowTesting

/// The examples of the processors that reach files, servers, records and databases.
extension ProcessorExamples {
  static let reaching: [ProcessorExample] = [
    asking(status: 200), asking(status: 503), asking(status: 404), asking(status: 302), asking(status: 200, ["response_body_attribute_name": "answer"]),
    asking(status: 404, ["response_generation_required": "true"]), asking(status: 200, input: false), asking(status: 500, input: false),
    files(GetFile.self, ["input_directory": "inbox"]), files(ListFile.self, ["input_directory": "inbox"]),
    fetching([:]), fetching(["completion_strategy": "delete_file"]), fetching(["completion_strategy": "move_file", "move_destination_directory": "done"]),
    example(ConvertRecord.self, ["writer": "csv"], records), example(ConvertRecord.self, ["reader": "csv", "include_zero_record_flowfiles": "false"], lines),
    querying(), database(ExecuteSQL.self, ["sql_query": "SELECT 1"], [([:], .empty), (["a": "b"], bytes("x"))]),
    database(ExecuteSQL.self, ["sql_query": "SELECT 2", "max_rows_per_flow_file": "1"], [([:], .empty)]), database(ExecuteSQL.self, ["sql_query": "SELECT 1"], []),
    database(ExecuteSQL.self, [:], [([:], bytes("SELECT 1"))]),
    database(PutDatabaseRecord.self, ["table_name": "things", "statement_type": "upsert"], records),
    database(PutDatabaseRecord.self, ["table_name": "${table}", "statement_type": "insert", "reader": "csv"], lines),
  ]

  private static let records: [(Attributes, Content)] = [(["table": "things"], bytes(#"[{"id":1,"name":"a"}]"#))]
  private static let lines: [(Attributes, Content)] = [(["table": "things"], bytes("id,name\r\n2,b\r\n"))]

  private static func asking(status: Int, _ properties: [String: PropertyLiteral] = [:], input: Bool = true) -> ProcessorExample {
    let usual: [String: PropertyLiteral] = [
      "http_url": "https://user:hidden-word@weather.example/${day}", "headers": ["Authorization": "Bearer hidden-key", "Empty": ""], "http_method": "POST",
      "response_headers": ["ETag"],
    ]
    let asked: [(Attributes, Content)] = [(["day": "1"], bytes("{}")), (["day": "2"], .empty)]
    let inputs = input ? asked : []
    var example = example(InvokeHTTP.self, usual.merging(properties) { $1 }, inputs)
    example.secrets = ["hidden-word", "hidden-key"]
    let answer: ScriptedTransport.Answer = { request in
      // A redirect leads to an answer.
      let status = request.url.hasSuffix("/there") ? 200 : status
      return HTTPResponse(status: status, headers: ["Content-Type": "text/plain", "ETag": "7", "Set-Cookie": "hidden-key", "Location": "/there"], body: Array("answer".utf8))
    }
    example.environment = { plan in .undriven(transport: ScriptedTransport(faults: plan, answer)) }
    return example
  }

  private static func files(_ type: any Processor.Type, _ properties: [String: PropertyLiteral]) -> ProcessorExample {
    var example = example(type, properties)
    example.environment = { plan in
      let files = MemoryFileSystem(folders: ["inbox"])
      for number in 0..<3 { files.put("inbox/\(number).csv", "a\n\(number)\n") }
      return .undriven(fileSystem: GuardedFileSystem(files, faults: plan))
    }
    return example
  }

  private static func fetching(_ properties: [String: PropertyLiteral]) -> ProcessorExample {
    var example = files(FetchFile.self, properties)
    example.inputs = [
      (attributes: ["absolute.path": "inbox", "filename": "0.csv"], content: .empty), (attributes: ["absolute.path": "inbox", "filename": "9.csv"], content: .empty),
    ]
    return example
  }

  private static func querying() -> ProcessorExample {
    var example = example(QueryRecord.self, ["queries": ["all": "SELECT * FROM FLOWFILE", "named": "SELECT name FROM FLOWFILE WHERE id = ${id:replaceEmpty('1')}"]], records)
    example.environment = { plan in
      let environment = RuntimeEnvironment.undriven(), queries = SQLiteRecordQueries.make(lane: { _ in InlineLane() }, time: environment.time)
      environment.shared.put(
        RecordQueries { texts, records, limits in
          try plan.pass("queries")
          return try await queries.results(of: texts, over: records, limits: limits)
        })
      return environment
    }
    return example
  }

  private static func database(_ type: any Processor.Type, _ properties: [String: PropertyLiteral], _ inputs: [(Attributes, Content)]) -> ProcessorExample {
    var example = example(type, properties.merging(["database": "db"]) { $1 }, inputs)
    example.services = { plan, _ in
      [
        "db": MemorySQLDatabase(
          [.init("things", columns: ["id", "name"], primaryKey: ["id"]), .init("participant", columns: ["name"], isOwn: true)],
          answers: ["SELECT 1": DataTable(columns: ["n"], rows: [[.number("1")]]), "SELECT 2": DataTable(columns: ["n"], rows: [[.number("1")], [.number("2")]])], faults: plan)
      ]
    }
    return example
  }
}
