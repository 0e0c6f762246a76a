import FlowImport
import Testing

/// Defects of the All of Us template by the words of the guide's page: whether the template has each.
///
/// What is in the Groovy scripts is not in the template; of these, what the template has of them is checked.
struct TemplateDefects {
  typealias Check = @Sendable (TemplateGraph) throws -> Bool

  static let all: [String: Check] = tokens.merging(sync) { $1 }.merging(requests) { $1 }.merging(lookup) { $1 }.merging(writing) { $1 }

  private static let script = "ExecuteScript"
  private static let dataGroup = "get fitbit data from API"
  private static let lookupGroup = "check if distinct entry"
  private static let lookupScript = "script to get entries with same entry"

  /// The four requests for data.
  private static func dataRequests(_ template: TemplateGraph) -> [NiFiProcessor] {
    template.of("InvokeHTTP").filter { template.group(of: $0) == dataGroup }
  }

  private static let tokens: [String: Check] = [
    "One token file for all participants": { template in
      let name = try template.one("update filename", in: "get latest sync", "filename", "info.json"), file = try template.one("put file")
      return template.names(name) == ["put file"] && file["Conflict Resolution Strategy"] == "fail" && file.ends("failure", "success")
    },
    "The token file is deleted when it is read": { template in
      let source = try template.one("get refresh token"), file = try template.one("put file")
      return source["Keep Source File"] == "false" && (template.distance(from: source, to: file) ?? 0) > 6
    },
    "A lost answer to a token request is final": { template in template.names(try template.one("Get access token"), "Failure") == ["log failures"] },
    "A refused consent is one failure among others": { template in template.names(try template.one("Get access token"), "No Retry") == ["log failures"] },
    "Tokens are attributes, and are logged": { template in
      let log = try template.one("LogAttribute")
      return try template.one("Authorization header")["Authorization"] == "Bearer ${access_token}" && log["attributes-to-log-regex"] == ".*"
        && template.group(of: log) == lookupGroup
    },
    "The flow reads what it has just written": { template in
      let source = try template.one("get refresh token")
      return try source["Input Directory"] == template.one("put file")["Directory"] && source.period == "1 min" && template.of("InvokeHTTP").count == 6
    },
  ]

  private static let sync: [String: Check] = [
    "The cursor is saved before the data": { template in
      let sync = try template.one("get latest sync"), save = try template.one("put refresh token and previous sync to file")
      let saved = save["Replacement Value"] ?? ""
      let file = try template.one("put file"), rows = try template.one("put entry into db")
      guard let toFile = template.distance(from: sync, to: file), let toRows = template.distance(from: sync, to: rows) else { return false }
      // Both begin at the same FlowFile, and nothing leads from the rows to the file.
      return template.names(sync, "matched") == ["put refresh token and previous sync to file", "update filename"] && saved.contains("\"previous_sync\": \"${latest_sync}\"")
        && toFile < toRows && template.distance(from: rows, to: file) == nil
    },
    "The first device counts": { template in try template.one("get latest sync")["latest_sync"] == "$[0].lastSyncTime" },
    "No device, no cursor": { template in
      let sync = try template.one("get latest sync")
      return try sync["Path Not Found Behavior"] == "ignore" && template.one("convert syncs to date")["previous_sync"]?.contains(":toDate(") == true
    },
    "Nobody asks for the time zone": { template in
      let urls = template.of("InvokeHTTP").compactMap { $0["Remote URL"] }
      return try template.one("get profile")["Remote URL"]?.hasSuffix("/devices.json") == true && !urls.contains { $0.contains("profile") || $0.contains("timezone") }
        && template.one("split into <24 hour chunks")["Script File"] != nil
    },
  ]

  private static let requests: [String: Check] = [
    "Minutes after midnight get the date before": { template in
      let firsts = template.named("get date").map { $0["datetime"] ?? "" }
      return firsts.count == 2 && firsts.allSatisfy { $0.contains("[0].dateTime") }
        && template.named("add unique id").contains { $0["Replacement Value"]?.contains("\"${datetime} ${time}\"") == true }
    },
    "The last day is not asked for": { template in
      let daily = dataRequests(template).filter { $0["Remote URL"]?.contains("/time/") == false }
      return daily.count == 2 && daily.allSatisfy { $0["Remote URL"]?.contains("${previous_day}") == true && $0["Remote URL"]?.contains("latest_day") == false }
    },
    "Slices overlap by a minute": { template in
      let minutes = dataRequests(template).filter { $0["Remote URL"]?.contains("/time/${previous_time}/${latest_time}.json") == true }
      return try minutes.count == 2 && template.one("split into <24 hour chunks").shortType == script
    },
    "A rate limit is a failure": { template in
      try ([template.one("get profile")] + dataRequests(template)).allSatisfy { template.names($0, "No Retry") == ["log failures"] }
    },
    "A partial consent is a failure of every slice": { template in dataRequests(template).allSatisfy { template.names($0, "No Retry") == ["log failures"] } },
    "Attempts without limit": { template in
      let put = try template.one("put entry into db")
      return template.of("InvokeHTTP").allSatisfy { request in template.next(request, "Retry").map(\.id) == [request.id] && request.retried.isEmpty }
        && template.next(put, "retry").map(\.id) == [put.id]
    },
    "Answers that cannot be read disappear": { template in
      let paths = template.of("EvaluateJsonPath"), splits = template.of("SplitJson")
      return try paths.count == 10 && splits.count == 3 && paths.allSatisfy { $0.ends("failure", "unmatched") } && splits.allSatisfy { $0.ends("failure") }
        && template.one("convert JSON to avro").ends("failure", "incompatible")
    },
    "One request a minute": { template in
      let requests = dataRequests(template)
      return requests.count == 4 && requests.allSatisfy { $0.period == "60 sec" && $0.strategy == "TIMER_DRIVEN" && $0.concurrency == 1 }
    },
    "Every minute is written by itself": { template in
      let splits = template.named("split by entry")
      return splits.count == 2 && splits.allSatisfy { $0["JsonPath Expression"]?.hasSuffix("-intraday.dataset") == true }
    },
    "No distance": { template in
      try template.one("get summary")["summary"] == "$.summary" && !template.processors.contains { $0.properties.contains { $0.value?.contains("distance") == true } }
    },
  ]

  private static let lookup: [String: Check] = [
    "Duplicates are found without the participant": { template in
      let query = try template.one("get db entries with same entry")["SQL select query"] ?? ""
      return query.contains("where datetime=") && !query.contains("participant") && !query.contains("user") && !query.contains(" and ")
    },
    "Duplicates are failures": { template in template.names(try template.one("route out duplicate entries"), "non-unique") == ["log failures"] },
    "Heart rate zones are never written": { template in
      let read = try template.one("update datetime, name, mins attributes")
      return try template.names(try template.one("route by tablename"), "hr summary") == [read.name] && template.names(read, "matched") == [lookupScript]
        && template.one(lookupScript).shortType == script
    },
    "Only more steps make a day newer": { template in
      let read = try template.one("update datetime and steps attributes")
      return read.properties.filter { $0.value?.hasPrefix("$.") == true }.map(\.name).sorted() == ["datetime", "steps"] && template.names(read, "matched") == [lookupScript]
    },
    "The old day is deleted before the new one is written": { template in
      template.distance(from: try template.one(lookupScript), to: try template.one("put entry into db")) == 5
    },
    "Rows are cut at 2,048 characters": { template in
      let extract = try template.one("put text into attribute")
      return try extract["Maximum Capture Group Length"] == "2048" && extract["extracted.text"] == "(?s)(^.*$)"
        && template.one("replace original text")["Replacement Value"] == "${extracted.text}"
    },
    "Values become SQL": { template in
      let query = try template.one("get db entries with same entry")["SQL select query"] ?? ""
      return query.contains("${tablename}") && query.contains("\"${datetime}\"")
    },
    "An endless loop": { template in
      let route = try template.one("route by tablename")
      return try template.names(route, "unmatched") == ["LogAttribute"] && template.names(template.one("LogAttribute")) == ["UpdateAttribute"]
        && template.next(template.one("UpdateAttribute")).map(\.id) == [route.id]
    },
    "A disabled processor in the way": { template in
      let off = template.processors.filter { $0.state == .disabled }
      return off.allSatisfy { $0.name == "log failures" } && Set(off.compactMap { template.group(of: $0) }) == ["Fitbit", lookupGroup]
    },
    "The lookup locks out the writer": { template in
      let query = try template.one("get db entries with same entry"), put = try template.one("put entry into db")
      let pool = template.flow.groups.flatMap(\.services).first { $0.shortType == "DBCPConnectionPool" }
      return query["Database Connection Pooling Service"] == put["put-db-record-dcbp-service"]
        && pool?.properties.contains { $0.value?.hasPrefix("jdbc:sqlite:") == true } == true
    },
    "Script and tables disagree": { template in
      let read = try template.one("update datetime, name, mins attributes")
      return read["name"] == "$.name" && read["datetime"] == "$.datetime"
    },
  ]

  private static let writing: [String: Check] = [
    "Rows belong to nobody": { template in
      let texts = template.processors.flatMap(\.properties).compactMap(\.value)
      return try template.one("Parse access token and username")["user_id"] == "$.user_id" && !texts.contains { $0.contains("participant") || $0.contains("${user_id}") }
    },
    "Rows have no key": { template in
      let ids = template.named("add unique id")
      return try ids.count == 2 && ids.allSatisfy { $0["Replacement Value"]?.contains("\"id\": \"${uuid}\"") == true }
        && template.one("put entry into db")["put-db-record-statement-type"] == "INSERT"
    },
    "Kinds are guessed from each row": { template in
      template.names(try template.one("infer avro schema of entry"), "success") == ["convert JSON to avro"]
    },
    "Failures cannot be repeated": { template in
      let logs = template.named("log failures")
      return try logs.count == 5 && logs.allSatisfy { $0["Conflict Resolution Strategy"] == "fail" && $0.ends("failure", "success") && $0["Directory"] == "./failure" }
        && template.one("update filename", "filename", "${uuid}").name == "update filename" && !template.of("PutFile").contains { $0["Directory"]?.contains("$") == true }
    },
    "Nothing says what is missing": { template in
      let put = try template.one("put entry into db")
      return put.ends("success") && template.next(put, "success").isEmpty && template.of("PutDatabaseRecord").count == 1
    },
    "Paths of one machine": { template in
      template.flow.groups.flatMap(\.services).contains { $0.shortType == "DBCPConnectionPool" && $0.properties.contains { $0.value?.hasPrefix("jdbc:sqlite:/Users/") == true } }
    },
  ]
}
