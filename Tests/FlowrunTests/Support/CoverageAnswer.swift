import Foundation
import StudyModel
import Testing

/// What `flowrun coverage --format json` prints.
struct CoverageAnswer: Decodable {
  struct Gap: Decodable {
    var from: String
    var until: String
    var state: String
    var count: Int
    var cause: String?
    var why: String
    var next: String
    var from_local: String
    var until_local: String
  }
  struct DataType: Decodable {
    var data_type: String
    var unit: String
    var wanted: Int
    var have: Int
    var not_worn: Int
    var lost: Int
    var failed: Int
    var deferred: Int
    var never_asked: Int
    var not_synced: Int
    var gaps: [Gap]?

    /// Minutes or days by each state but `have`.
    var missing: [String: Int] {
      ["not_worn": not_worn, "lost": lost, "failed": failed, "deferred": deferred, "never_asked": never_asked, "not_synced": not_synced]
    }

    /// The numbers add up, and the gaps account for all missing data.
    var isSound: Bool {
      let states = have + not_worn + lost + failed + deferred + never_asked
      return states == wanted && (gaps.map { $0.reduce(0) { $0 + $1.count } == wanted + not_synced - have } ?? true)
    }
  }
  struct Participant: Decodable {
    var participant: String
    var enrolled: String?
    var latest_sync: String?
    var zone: String?
    var problem: String?
    var standing: String
    var verdict: String
    var data_types: [DataType]

    subscript(dataType: String) -> DataType? { data_types.first { $0.data_type == dataType } }
  }
  var verdict: String
  var until: String
  var participants: [Participant]
  var totals: [DataType]

  subscript(participant: String) -> Participant? { participants.first { $0.participant == participant } }
  subscript(total dataType: String) -> DataType? { totals.first { $0.data_type == dataType } }
}

extension Study {
  func coverage(flow: String = BuiltBinary.flow("fitbit"), _ more: [String] = []) async throws -> CoverageAnswer {
    let result = try await flowrun(["coverage"], flow: flow, more + ["--format", "json"])
    #expect(result.exit == 0, "\(result.errors)")
    let answer = try JSONDecoder().decode(CoverageAnswer.self, from: Data(result.output.utf8))
    for participant in answer.participants {
      for dataType in participant.data_types where !dataType.isSound {
        Issue.record("\(participant.participant) \(dataType.data_type) does not add up: \(dataType)")
      }
    }
    #expect(answer.totals.allSatisfy { $0.isSound })
    return answer
  }
}
