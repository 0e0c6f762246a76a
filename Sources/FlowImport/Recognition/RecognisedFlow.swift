/// A NiFi flow that flowrun ships: the pipeline that All of Us collects Fitbit data with. Recognised by what its groups are made of, not by names.
package struct RecognisedFlow: Sendable, Equatable {
  /// A group of the template, and what does its work in flowrun's flow.
  package struct Counterpart: Sendable, Equatable {
    /// NiFi's identifier and name.
    package var id: String
    package var name: String
    package var replacement: String
  }

  /// The flow file that replaces it.
  package static let flow = "Flows/fitbit.yaml"
  package var counterparts: [Counterpart]

  private struct Fingerprint {
    var types: [String: Int]
    var replacement: String
  }

  private static let fingerprints = [
    Fingerprint(
      types: ["InferAvroSchema": 1, "ConvertJSONToAvro": 1, "PutDatabaseRecord": 1, "PutFile": 1],
      replacement: "group `write to database`: WriteRecords commits rows and ledger in one transaction"),
    Fingerprint(
      types: ["InvokeHTTP": 1, "GetFile": 1, "ReplaceText": 1, "EvaluateJsonPath": 2, "PutFile": 1],
      replacement: "group `get access token`: ReadTokenFile and RefreshToken, a token for each participant, kept before its first use"),
    Fingerprint(
      types: ["InvokeHTTP": 1, "EvaluateJsonPath": 1, "ReplaceText": 1, "UpdateAttribute": 3, "PutFile": 2],
      replacement: "group `get latest sync`: GetLatestSync; the cursor moves when the rows are written, not before"),
    Fingerprint(
      types: ["InvokeHTTP": 4, "SplitJson": 3, "UpdateAttribute": 6, "EvaluateJsonPath": 4, "ReplaceText": 2, "ExecuteScript": 1, "PutFile": 1],
      replacement: "group `get fitbit data`: SliceTimeRange cuts the time, InvokeEndpoint asks, ExtractRecords makes rows"),
    Fingerprint(
      types: [
        "EvaluateJsonPath": 3, "RouteOnAttribute": 2, "ExtractText": 1, "ExecuteSQL": 1, "ExecuteScript": 1, "ReplaceText": 1, "UpdateAttribute": 1, "LogAttribute": 1,
        "PutFile": 1,
      ],
      replacement: "group `check if distinct entry`: DedupeCheck compares with the participant's own rows"),
  ]
  /// Of 0…1: how much of a group must be as it was. Small edits are allowed.
  private static let similar = 0.75

  /// nil: another flow.
  init?(_ flow: NiFiFlow) {
    var rest = flow.groups.filter { !$0.processors.isEmpty }
    var counterparts: [Counterpart] = []
    for fingerprint in Self.fingerprints {
      let best = rest.indices.map { ($0, Self.similarity(rest[$0], fingerprint.types)) }.max { $0.1 < $1.1 }
      guard let best, best.1 >= Self.similar else { return nil }
      counterparts.append(Counterpart(id: rest[best.0].id, name: rest[best.0].name, replacement: fingerprint.replacement))
      rest.remove(at: best.0)
    }
    self.counterparts = counterparts
  }

  /// Common processors of all that either has, by type.
  private static func similarity(_ group: NiFiGroup, _ types: [String: Int]) -> Double {
    var found: [String: Int] = [:]
    for processor in group.processors { found[processor.shortType, default: 0] += 1 }
    let all = Set(found.keys).union(types.keys)
    let common = all.reduce(0) { $0 + min(found[$1] ?? 0, types[$1] ?? 0) }
    let total = all.reduce(0) { $0 + max(found[$1] ?? 0, types[$1] ?? 0) }
    return total == 0 ? 0 : Double(common) / Double(total)
  }

  /// Says at each group what replaces it.
  func note(in report: inout ImportReport) {
    for counterpart in counterparts {
      for place in report.components.indices where report.components[place].id == counterpart.id && report.components[place].type == "PROCESS_GROUP" {
        report.components[place].mention("\(Self.flow) has it: \(counterpart.replacement)")
      }
    }
  }
}
