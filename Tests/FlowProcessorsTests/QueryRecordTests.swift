import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("QueryRecord")
struct QueryRecordTests: RecordProcessorSuite {
  @Test("each query has its relationship, and the content goes to original")
  func queries() async throws {
    let test = try test(QueryRecord.self, [
      "reader": "csv", "queries": ["high": "SELECT id FROM FLOWFILE WHERE rate > ${limit}", "all": "SELECT count(*) AS n FROM FLOWFILE;", "none": "SELECT * FROM FLOWFILE WHERE 0"],
    ])
    let outcome = await test.run([test.flowFile(["limit": "90"], text: "id,rate\n1,80\n2,100\n")])
    #expect(text(outcome["high"].first) == #"[{"id":2}]"# && text(outcome["all"].first) == #"[{"n":2}]"# && text(outcome["none"].first) == "[]")
    #expect(outcome["high"].first?["QueryRecord.Route"] == "high" && outcome["high"].first?["record.count"] == "1" && text(outcome["original"].first) == "id,rate\n1,80\n2,100\n")
  }

  @Test("a result without records is left out, if that is wanted")
  func emptyResult() async throws {
    let test = try test(QueryRecord.self, ["queries": ["none": "SELECT * FROM FLOWFILE WHERE 0"], "include_zero_record_flowfiles": "false"])
    let outcome = await test.run([test.flowFile(text: #"[{"a":1}]"#)])
    #expect(outcome.sent.mapValues(\.count) == ["original": 1])
  }

  @Test("a wrong query is a failure of its FlowFile", arguments: ["SELECT * FROM other", "DROP TABLE FLOWFILE", "SELECT nothing FROM FLOWFILE"])
  func wrongQuery(_ sql: String) async throws {
    let test = try test(QueryRecord.self, ["queries": ["q": .text(sql)]])
    #expect(await test.run([test.flowFile(text: #"[{"a":1}]"#)]).failure?.cause == .badRequest)
  }

  @Test("what is only selected keeps its digits, in JSON and in CSV")
  func digits() async throws {
    let test = try test(QueryRecord.self, ["reader": "csv", "writer": "csv", "queries": ["q": "SELECT * FROM FLOWFILE WHERE price > 1"]])
    #expect(text(await test.run([test.flowFile(text: "price,ok\r\n1.10,true\r\n0.50,false\r\n")])["q"].first) == "price,ok\r\n1.10,true\r\n")
  }
}
