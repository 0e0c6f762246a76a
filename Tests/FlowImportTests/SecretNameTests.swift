import FlowImport
import Foundation
import Testing

@Suite("What is called as secrets are is no part of what the import writes")
struct SecretNameTests {
  private typealias Bench = ImportBench

  private static func written(_ flow: ImportedFlow) throws -> String {
    flow.yaml + String(decoding: try JSONEncoder().encode(flow.components), as: UTF8.self) + flow.general.joined()
  }

  /// A flow in which everything that has names has this one, for the value `hunter2`.
  private static func flow(_ name: String, hasHeader: Bool = true) throws -> ImportedFlow {
    let processors = [
      Bench.processor("ask", "standard.InvokeHTTP", ["HTTP URL": "https://host/", hasHeader ? name : "X-Study": "hunter2"]), Bench.processor("set", "attributes.UpdateAttribute", [name: "hunter2"]),
      Bench.processor("make", "standard.GenerateFlowFile", [name: "hunter2", "Custom Text": "${'\(name)'}"]), Bench.processor("again", "standard.RetryFlowFile", [name: "hunter2"]),
      Bench.processor("other", "standard.Other", [name: "hunter2"]),
      Bench.processor("rules", "attributes.UpdateAttribute", [:], ["annotationData": "<actions><attribute>\(name)</attribute><id>1</id><value>hunter2</value></actions>"]),
      Bench.processor("query", "standard.ExecuteSQL", ["Database Connection Pooling Service": "pool", "SQL select query": "SELECT 1", name: "hunter2"]),
      Bench.processor("say", "standard.LogMessage", ["log-message": "#{\(name)}"]),
    ]
    let pool: [String: Any] = [
      "identifier": "pool", "name": "pool", "type": "org.apache.nifi.dbcp.DBCPConnectionPool", "properties": ["Database Connection URL": "jdbc:sqlite:a", name: "hunter2", "other": "${'\(name)'}"],
    ]
    let context: [String: Any] = ["name": "x", "parameters": [["name": name, "value": "hunter2", "sensitive": false]]]
    return try Bench.imported(
      Bench.definition(processors, group: ["variables": [name: "hunter2"], "controllerServices": [pool], "parameterContextName": "x"], top: ["parameterContexts": ["x": context]]))
  }

  @Test(
    "as parameter, variable, header field, attribute, property of a known or unknown type, in a rule and in a pool",
    arguments: [
      "refresh_token", "db_pwd", "fitbit.token", "PRIVATE-TOKEN", "Ocp-Apim-Subscription-Key", "password", "client_secret", "clientSecret", "Refresh Token", "SAS Token", "Access Key",
      "Credentials JSON", "db password", "token", "TOKEN_2", "bot-token", "fitbittoken", "accessToken", "OAuthToken", "X-Vault-Token", "api key", "APIKey", "x-api-key", "apikey", "X-RapidAPI-Key",
      "Storage Account Key", "x-functions-key", "Authorization", "Proxy-Authorization", "Cookie", "jwt", "container.sas", "DB_PASS", "dbpwd", "pwd", "X-Auth", "service-account-json-key",
      "Secret Access Key", "sessionToken", "Private Key", "passphrase", "credential", "aws.credentials", "password file", "bearer", "consumerKey", "access keys",
    ])
  func secret(_ name: String) throws {
    let flow = try Self.flow(name)
    let written = try Self.written(flow)
    #expect(!written.contains("hunter2"), "\(written)")
    for (component, property) in [("ask", "headers"), ("set", "attributes"), ("make", "attributes"), ("again", "attributes")] {
      #expect(flow.yaml.contains("      \(property):\n") && flow.yaml.contains("#{\(component) \(name)}"), "\(flow.yaml)")
      #expect(try flow.component(component).notes.contains { $0.hasPrefix("'\(name)' is sensitive: give it in the environment variable FLOW_") })
    }
    #expect(try flow.component("other").notes.contains("'\(name)' is sensitive and is left out"))
    #expect(try flow.component("rules").notes.contains { $0.contains("the rules are left out") })
    #expect(flow.yaml.contains("parameters:\n") && flow.yaml.count(of: "    sensitive: true\n") >= 7, "\(flow.yaml)")
  }

  @Test(
    "a name that is about a secret, a place in a list, or something else is none",
    arguments: [
      "token endpoint", "Token URL", "tokens per minute", "max_tokens", "token_type", "token expires at", "page_token", "nextPageToken", "continuation-token", "syncToken", "Credentials File",
      "AWS Credentials Provider service", "primary_key", "Update Keys", "keyword", "key", "monkey", "code", "author", "authority", "passenger", "bypass", "tokenizer", "secretary", "compass", "sas_program", "cookie-strategy",
      "Private Key Path", "Authorization Server URL", "signature", "Partition Key", "X-Study", "user_id", "interest key",
    ])
  func other(_ name: String) throws {
    // As header fields, they would be keys.
    let flow = try Self.flow(name, hasHeader: !["key", "primary_key", "interest key"].contains(name))
    #expect(!flow.yaml.contains("sensitive") && flow.yaml.contains("        \(name): hunter2\n"), "\(flow.yaml)")
    #expect(flow.yaml.contains("    default: hunter2\n") && flow.yaml.contains("<value>hunter2</value>"))
  }

  @Test("a header field that is called a key is one, but for idempotency", arguments: [("X-Key", true), ("Auth-Key", true), ("Idempotency-Key", false)])
  func header(_ name: String, _ isSecret: Bool) throws {
    let flow = try Bench.imported(Bench.definition([Bench.processor("ask", "standard.InvokeHTTP", ["HTTP URL": "https://host/", name: "hunter2"])]))
    #expect(flow.yaml.contains("hunter2") != isSecret)
  }

  // MARK: Values

  @Test(
    "a value that is only references has no secret",
    arguments: [
      "${token}", "#{x}", "Bearer ${token}", "bearer #{x}", "Token token=\"${token}\"", "session=${a}; other=#{x}", "${user}:${token}", "${token:trim():replaceNull('')}",
      "${token:replaceAll('a', 'b')}", "${expires:prepend('Bearer '):trim()}", "true", "False",
    ])
  func references(_ value: String) throws {
    for (type, name) in [("standard.InvokeHTTP", "PRIVATE-TOKEN"), ("attributes.UpdateAttribute", "access_token"), ("standard.InvokeHTTP", "Authorization")] {
      let flow = try Bench.imported(Bench.definition([Bench.processor("p", type, [name: value])]))
      #expect(!flow.yaml.contains("sensitive") && flow.yaml.contains("        \(name): "), "\(flow.yaml)")
    }
    let flow = try Bench.imported(Bench.definition([Bench.processor("p", "standard.Other", ["Access Token": value])]))
    #expect(!flow.yaml.contains("        Access Token: \"\"\n"), "\(flow.yaml)")
  }

  @Test(
    "a value with a text in it has one",
    arguments: [
      "hunter2 ${token}", "Bearer hunter2", "Bearer hunter2 ${x}", "session=hunter2; other=${b}", "${literal('me:hunter2'):base64Encode()}", "Basic ${user:append( \":hunter2\"):base64Encode()}",
      "${token:replaceNull('hunter2')}", "${a:isEmpty():ifElse('hunter2', '')}", "${a:isEmpty():ifElse('', 'hunter2')}", "#{x}hunter2", "${hunter2", "hunter2==", "hunter2=",
    ])
  func texts(_ value: String) throws {
    for (type, name) in [("standard.InvokeHTTP", "PRIVATE-TOKEN"), ("attributes.UpdateAttribute", "access_token"), ("standard.Other", "Access Token")] {
      let flow = try Bench.imported(Bench.definition([Bench.processor("p", type, [name: value])]))
      #expect(try !Self.written(flow).contains("hunter2"), "\(flow.yaml)")
    }
  }

  @Test("a scheme alone is a value like any other", arguments: ["key", "token", "basic"])
  func scheme(_ value: String) throws {
    #expect(try Bench.imported(Bench.definition([Bench.processor("p", "standard.InvokeHTTP", ["X-Auth": value])])).yaml.contains("    sensitive: true\n"))
  }

  @Test("a parameter or variable without a value is one that somebody will give", arguments: [nil, "", "true", "${a}"] as [String?])
  func unset(_ value: String?) throws {
    var parameter: [String: Any] = ["name": "db_pwd", "sensitive": false]
    parameter["value"] = value
    let context: [String: Any] = ["name": "x", "parameters": [parameter]]
    let flow = try Bench.imported(
      Bench.definition(
        [Bench.processor("p", "standard.GenerateFlowFile", ["Custom Text": "#{db_pwd} ${token}"])], group: ["parameterContextName": "x", "variables": ["token": value ?? ""]],
        top: ["parameterContexts": ["x": context]]))
    #expect(flow.yaml.count(of: "    sensitive: true\n") == (value?.isEmpty == false ? 0 : 2), "\(flow.yaml)")
  }

  @Test(
    "rules, queries, patterns and paths are none, whatever they are called",
    arguments: [
      ("EvaluateJsonPath", "access_token", "$.access_token", "access_token: /access_token"), ("ExtractText", "password", "pw=(.*)", "password: \"pw=(.*)\""),
      ("RouteOnAttribute", "token", "${a:equals('b')}", "token: \"${a:equals('b')}\""), ("RouteOnContent", "secret", "hunter2", "secret: hunter2"),
      ("QueryRecord", "credentials", "SELECT a FROM FLOWFILE", "credentials: SELECT a FROM FLOWFILE"),
    ])
  func rules(_ type: String, _ name: String, _ value: String, _ written: String) throws {
    var properties = [name: value]
    var services: [[String: Any]] = []
    if type == "QueryRecord" {
      properties["record-reader"] = "r"
      properties["record-writer"] = "w"
      services = [["identifier": "r", "name": "r", "type": "org.apache.nifi.json.JsonTreeReader"], ["identifier": "w", "name": "w", "type": "org.apache.nifi.json.JsonRecordSetWriter"]]
    }
    let flow = try Bench.imported(Bench.definition([Bench.processor("p", "standard.\(type)", properties)], group: ["controllerServices": services]))
    #expect(flow.yaml.contains("        \(written)\n") && !flow.yaml.contains("sensitive"), "\(flow.yaml)")
  }

  @Test("rules whose values are references stay")
  func rulesWithReferences() throws {
    let rules = "<actions><attribute>token</attribute><value>${json.token}</value></actions>"
    #expect(try Bench.imported(Bench.definition([Bench.processor("p", "attributes.UpdateAttribute", [:], ["annotationData": rules])])).yaml.contains("nifi_annotation: \"\(rules)\"\n"))
  }

  // MARK: Descriptors and prose

  @Test(
    "a sensitive property that only has a descriptor is a header field only if the file says that a person added it",
    arguments: [(true, false), (true, true), (false, false), (false, true), (nil, false), (nil, true)] as [(Bool?, Bool)])
  func descriptor(_ isDynamic: Bool?, _ isListed: Bool) throws {
    var descriptor: [String: Any] = ["name": "New Key", "displayName": "New Key", "sensitive": true]
    descriptor["dynamic"] = isDynamic
    var properties: [String: Any] = ["HTTP URL": "https://host/"]
    if isListed { properties["New Key"] = NSNull() }
    let processor = Bench.processor("p", "standard.InvokeHTTP", properties, ["propertyDescriptors": ["New Key": descriptor]])
    let flow = try Bench.imported(Bench.definition([processor]))
    #expect(flow.yaml.contains("New Key") == (isDynamic == true) && flow.yaml.contains("headers:") == (isDynamic == true), "\(flow.yaml)")
  }

  @Test(
    "an address of mail behind one of the web is no user of it",
    arguments: [
      "see https://example.org and mail a@b.org, or https://example.org,a@b.org", "https://example.org;a@b.org", "(https://example.org),a@b.org", "'https://example.org','a@b.org'",
      "https://example.org:8443,a@b.org", "http://localhost:8080,a@b.org", "https://example.org#a@b.org", "`https://example.org`a@b.org", "https://example.org a@b.org", "https://example.org/,a@b.org",
    ])
  func prose(_ text: String) throws {
    let flow = try Bench.imported(Bench.definition([Bench.processor("p", "standard.ReplaceText", ["Replacement Value": text])]))
    #expect(flow.yaml.contains(text) && !flow.yaml.contains("Unsupported"), "\(flow.yaml)")
  }
}

extension String {
  fileprivate func count(of part: String) -> Int { components(separatedBy: part).count - 1 }
}
