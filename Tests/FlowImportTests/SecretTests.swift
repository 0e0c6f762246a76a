import FlowCore
import FlowImport
import Foundation
import Testing

@Suite("No secret of a NiFi file is in the flow file or the report")
struct SecretTests {
  private typealias Bench = ImportBench

  /// Stands for every secret.
  private static let secret = "hunter2"

  /// What `flowrun import` writes: the flow file and the report.
  private static func written(_ flow: ImportedFlow) throws -> String {
    flow.yaml + String(decoding: try JSONEncoder().encode(flow.components), as: UTF8.self) + flow.general.joined()
  }

  private static func expectNone(in flow: ImportedFlow) throws {
    let written = try written(flow)
    #expect(!written.lowercased().contains(secret), "\(written)")
  }

  // MARK: Addresses

  static let addresses = [
    "https://me:hunter2@host/x", "https://hunter2@host/x", "HTTPS://me:hunter2@host/x", "https://me:a,hunter2@host/x", "https://me:a'hunter2;b@host/x",
    "https://host/x?next=https://me:hunter2@other/", "https://other/,https://me:hunter2@host/x", "https://host/x?a=1&access_token=hunter2", "https://host/x?token=hunter2#a",
    "https://host/x?a=#{b}&sig=hunter2", "https://#{user}:hunter2@host/x", "${a:append('https://me:hunter2@host/x')}", "ftp://me:hunter2@host/x",
    "https://host/x?key=hunter2", "https://host/x?code=hunter2", "https://host/x?q=Basel&appid=hunter2&units=metric", "https://host/x?sv=1&sig=hunter2&se=2",
    "https://host/x?subscription-key=hunter2", "https://host/x?AWSAccessKeyId=hunter2", "https://host/x?X-Amz-Credential=hunter2%2F2026", "https://host/x?apiKey=hunter2${a}",
    "https://host/x?key=${literal('hunter2')}", "https://host/x?a=${b:substring(0, 2)}&key=hunter2", "https://${literal(\"me\")}:hunter2@host/x", "https://me.you:a,hunter2@host/x",
    "https://a.example,https://me:hunter2@host/x", "https://hunter2,a@host/x", "${a:append('https://b.example/?token=hunter2')}host", "https://host/#access_token=hunter2",
  ]

  @Test("a user, a password or a key in an address makes a placeholder, which has the rest of the address", arguments: addresses)
  func address(_ address: String) throws {
    let flow = try Bench.imported(Bench.definition([Bench.processor("ask", "standard.InvokeHTTP", ["HTTP URL": address])]))
    try Self.expectNone(in: flow)
    let component = try flow.component("ask")
    #expect(component.status == .placeholder && component.notes.contains { $0.contains("'HTTP URL' has a user, a password or a key in an address, which is left out") })
    #expect(flow.yaml.contains("host"))
  }

  @Test(
    "an address whose secrets are parameters or attributes is kept",
    arguments: [
      "https://#{user}:#{password}@host/x", "https://${token}@host/x", "https://host/x?token=${token}&key=#{key}", "https://host/a@b?c=d@e", "https://host:8443/x", "sftp://me@host/x",
      "https://host/x?code=${code:substring(0, 3)}&key=${a}${b}", "https://host/x?keyword=a&pageToken=b&barcode=c&token_type=d&postcode=e", "https://host/x?key=", "https://host/#a@b",
    ])
  func harmless(_ address: String) throws {
    let processor = Bench.processor("ask", "standard.InvokeHTTP", ["HTTP URL": address])
    #expect(try Bench.imported(Bench.definition([processor])).yaml.contains("      http_url: \"\(address)\"\n"))
  }

  @Test("addresses elsewhere: unknown types, rules, remote process groups, comments, labels, parameters, variables", arguments: addresses)
  func elsewhere(_ address: String) throws {
    let processors = [
      Bench.processor("a", "standard.PostHTTP", ["URL": address, "Other": "see \(address) for more"], ["comments": "From \(address)"]),
      Bench.processor("b", "attributes.UpdateAttribute", [:], ["annotationData": "<rule>\(address)</rule>"]),
      Bench.processor("c", "standard.GenerateFlowFile", ["Custom Text": "#{target} ${site}"]),
    ]
    let inner: [String: Any] = ["identifier": "i", "name": "i", "comments": "To \(address)"]
    let context: [String: Any] = ["name": "x", "parameters": [["name": "target", "value": address, "sensitive": false, "description": "as \(address)"]]]
    let flow = try Bench.imported(
      Bench.definition(
        processors,
        group: [
          "comments": "At \(address)", "labels": [["identifier": "l", "label": "At \(address)"]], "parameterContextName": "x", "variables": ["site": address], "processGroups": [inner],
          "remoteProcessGroups": [["identifier": "r", "name": "r", "targetUris": address]],
        ], top: ["parameterContexts": ["x": context]]))
    try Self.expectNone(in: flow)
  }

  @Test("addresses in names, which still lead from one component to the other", arguments: addresses)
  func names(_ address: String) throws {
    let name = "see \(address)"
    let processors = [
      Bench.processor("a", "standard.RouteOnAttribute", [name: "${x}"], ["name": name, "type": "org.apache.nifi.processors.standard.RouteOnAttribute"]),
      Bench.processor("b", "standard.LogAttribute", [:], ["autoTerminatedRelationships": ["success"]]), Bench.processor("c", "standard.Other", [name: "1"], ["retriedRelationships": [name], "autoTerminatedRelationships": [name]]),
      Bench.processor("d", name), Bench.processor("e", "standard.GenerateFlowFile", ["Custom Text": "#{\(name)}"]), Bench.processor("f", "standard.PutFile", ["Directory": "x", name: "1"]),
    ]
    let port = ["identifier": "i", "name": name], service: [String: Any] = ["identifier": "s", "name": name, "type": name, "properties": [name: "1"]]
    let inner: [String: Any] = ["identifier": "g2", "name": name, "inputPorts": [port], "processors": [Bench.processor("h", "standard.LogAttribute")]]
    let remote: [String: Any] = ["identifier": "r", "name": name, "inputPorts": [["identifier": "ri", "name": name]]]
    let context: [String: Any] = ["name": name, "parameters": [["name": name, "value": "1"]]]
    let connections = [Bench.connection("1", "a", "b", [name], ["name": name]), Bench.connection("2", "c", "i", [name])]
    let flow = try Bench.imported(
      Bench.definition(
        processors, connections,
        group: ["name": name, "processGroups": [inner], "remoteProcessGroups": [remote], "controllerServices": [service], "parameterContextName": name, "variables": [name: "1"]],
        top: ["parameterContexts": [name: context], "reportingTasks": [["identifier": "t", "name": name, "type": name]]]))
    try Self.expectNone(in: flow)
    #expect(!flow.name.contains(Self.secret))
    // The rule and its relationship have one name.
    #expect(address.contains("#{") || !Bench.problems(of: Array(flow.yaml.utf8)).contains { $0.code.id == "E0402" }, "\(flow.yaml)")
  }

  @Test(
    "of a pool's address the report has the scheme, and the flow file what is no secret",
    arguments: [
      ("jdbc:mysql://db/study?user=a&password=hunter2", "(jdbc:mysql)"), ("jdbc:oracle:thin:scott/hunter2@h:1521/x", "(jdbc:oracle)"), ("postgresql://u:hunter2@h/d", "(postgresql)"),
      ("jdbc:sqlserver://h;user=a;password=hunter2", "(jdbc:sqlserver)"), ("jdbc:postgresql://u:hunter2@h/d", "(jdbc:postgresql)"), ("hunter2", "(of no scheme)"),
      ("jdbc:postgresql://h/d?user=a&password=hunter2", nil), ("${address}", "(jdbc:mysql)"),
    ] as [(String, String?)])
  func pools(_ address: String, _ shown: String?) throws {
    let service: [String: Any] = [
      "identifier": "pool", "name": "pool", "type": "org.apache.nifi.dbcp.DBCPConnectionPool", "properties": ["Database Connection URL": address, "Password": "hunter2"],
    ]
    let query = Bench.processor("q", "standard.ExecuteSQL", ["Database Connection Pooling Service": "pool", "SQL select query": "SELECT 1"])
    let flow = try Bench.imported(
      Bench.definition([query], group: ["controllerServices": [service], "variables": ["address": "jdbc:mysql://db/study?user=a&password=hunter2"]]))
    try Self.expectNone(in: flow)
    if let shown { #expect(try flow.component("pool").notes.contains { $0.contains("its address \(shown) is not of a database that flowrun knows") }, "\(flow.components)") }
  }

  @Test("a placeholder leaves no parameters behind that somebody would have to give")
  func withoutParameters() throws {
    let flow = try Bench.imported(Bench.definition([Bench.processor("ask", "standard.InvokeHTTP", ["Authorization": "enc{ab}", "HTTP URL": "https://me:hunter2@host/", "Request Password": "hunter2"])]))
    try Self.expectNone(in: flow)
    #expect(!flow.yaml.contains("parameters:") && flow.yaml.contains("        Authorization: \"\"\n        HTTP URL: \"https://host/\"\n        Request Password: \"\"\n"), "\(flow.yaml)")
    #expect(try flow.component("ask").notes.contains("'Authorization' is sensitive and is left out") && !flow.component("ask").notes.contains { $0.contains("environment variable") })
  }

  // MARK: Passwords

  @Test(
    "passwords of a file that does not say which properties are sensitive",
    arguments: [
      ("InvokeHTTP", "Request Password", "request_password"), ("InvokeHTTP", "Basic Authentication Password", "request_password"), ("InvokeHTTP", "Proxy Password", "proxy_password"),
      ("InvokeHTTP", "invokehttp-proxy-password", "proxy_password"), ("InvokeHTTP", "Authorization", "headers"), ("InvokeHTTP", "X-API-Key", "headers"),
      ("UnpackContent", "Password", "password"), ("PostHTTP", "Keystore Password", nil), ("PostHTTP", "API Key", nil), ("ConsumeKafka", "sasl.client-secret", nil),
    ] as [(String, String, String?)])
  func passwords(_ type: String, _ property: String, _ ours: String?) throws {
    let values = ["hunter2", "enc{hunter2}", "hunter2#{x}", "#{x}hunter2", "#{x}#{hunter2", "Bearer hunter2"]
    for value in values {
      let flow = try Bench.imported(Bench.definition([Bench.processor("p", "standard.\(type)", [property: value])]))
      try Self.expectNone(in: flow)
      let component = try flow.component("p")
      #expect(component.status == (ours == nil ? .placeholder : .partial) && component.notes.contains { $0.contains("'\(property)' is sensitive") }, "\(value): \(component)")
      if let ours { #expect(flow.yaml.contains("      \(ours):") && flow.yaml.contains("    environment: FLOW_P_") && flow.yaml.contains("    sensitive: true\n"), "\(flow.yaml)") }
    }
  }

  /// A property in the three ways in which files say that it is sensitive.
  private static func sensitive(_ type: String, _ property: String, _ value: String?) throws -> [ImportedFlow] {
    let descriptors: [String: Any] = [property: ["name": property, "displayName": property, "sensitive": true, "dynamic": true]]
    let given: [String: Any] = value.map { [property: $0] } ?? [:]
    let xml = """
      <template encoding-version="1.3"><name>t</name><snippet><processors><id>p</id><name>p</name><type>org.apache.nifi.processors.standard.\(type)</type>
      <config><descriptors><entry><key>\(property)</key><value><name>\(property)</name><sensitive>true</sensitive></value></entry></descriptors>
      <properties><entry><key>\(property)</key>\(value.map { "<value>\($0)</value>" } ?? "")</entry></properties></config></processors></snippet></template>
      """
    return [
      try Bench.imported(Bench.definition([Bench.processor("p", "standard.\(type)", given, ["propertyDescriptors": descriptors])])), try Bench.imported(Array(xml.utf8)),
    ]
  }

  @Test("a sensitive property that a person added is there, as a sensitive parameter", arguments: [nil, "enc{ab}", "hunter2", "hunter2#{x}", "#{x} hunter2"])
  func added(_ value: String?) throws {
    for flow in try Self.sensitive("InvokeHTTP", "X-Study", value) {
      try Self.expectNone(in: flow)
      #expect(flow.yaml.contains("      headers:\n        X-Study: \"#{p X-Study}\"\n") && flow.yaml.contains("  p X-Study:\n    environment: FLOW_P_X_STUDY\n    sensitive: true\n"), "\(flow.yaml)")
      #expect(try flow.component("p").status == .partial && flow.component("p").notes.contains("'X-Study' is sensitive: give it in the environment variable FLOW_P_X_STUDY"))
    }
  }

  @Test("one reference to a parameter is kept")
  func reference() throws {
    for flow in try Self.sensitive("InvokeHTTP", "X-Study", "#{key}") { #expect(flow.yaml.contains("        X-Study: \"#{key}\"\n"), "\(flow.yaml)") }
  }

  @Test("a sensitive property that flowrun does not have is named if it is set", arguments: [(nil, false), ("", false), ("enc{ab}", true), ("hunter2", true)] as [(String?, Bool)])
  func withoutCounterpart(_ value: String?, _ isSet: Bool) throws {
    for flow in try Self.sensitive("InvokeHTTP", "Proxy Password", value) {
      try Self.expectNone(in: flow)
      #expect(try flow.component("p").notes.contains { $0.hasPrefix("'Proxy Password' is set, and flowrun has no such property") } == isSet)
      #expect(flow.yaml.contains("proxy_password: \"#{p proxy_password}\"") == isSet)
    }
  }

  // MARK: Parameters and variables

  @Test("a parameter that NiFi has encrypted is sensitive, whatever the file calls it")
  func parameters() throws {
    let context: [String: Any] = ["name": "x", "parameters": [["name": "a", "value": "enc{hunter2}", "sensitive": false], ["name": "b", "value": "hunter2", "sensitive": true]]]
    let flow = try Bench.imported(
      Bench.definition(
        [Bench.processor("p", "standard.GenerateFlowFile", ["Custom Text": "#{a} #{b}"])], group: ["parameterContextName": "x"], top: ["parameterContexts": ["x": context]]))
    try Self.expectNone(in: flow)
    #expect(flow.yaml.contains("  a:\n    environment: FLOW_A\n    sensitive: true\n  b:\n    environment: FLOW_B\n    sensitive: true\n"), "\(flow.yaml)")
  }

  @Test("a variable that is called as secrets are, or that NiFi has encrypted, is a sensitive parameter", arguments: [("db.password", "hunter2"), ("other", "enc{hunter2}"), ("clientSecret", "hunter2")])
  func variables(_ name: String, _ value: String) throws {
    let flow = try Bench.imported(Bench.definition([Bench.processor("p", "standard.GenerateFlowFile", ["Custom Text": "${\(name)}"])], group: ["variables": [name: value]]))
    try Self.expectNone(in: flow)
    #expect(flow.yaml.contains("    sensitive: true\n") && flow.yaml.contains("content: \"${\(name):replaceNull(#{\(name)})}\""), "\(flow.yaml)")
  }

  @Test("the variable of a sensitive parameter is none that a machine has already", arguments: ["user", "path", "home", "PGPASSWORD", "http_proxy"])
  func environment(_ name: String) throws {
    let context: [String: Any] = ["name": "x", "parameters": [["name": name, "sensitive": true]]]
    let flow = try Bench.imported(
      Bench.definition([Bench.processor("p", "standard.GenerateFlowFile", ["Custom Text": "#{\(name)}"])], group: ["parameterContextName": "x"], top: ["parameterContexts": ["x": context]]))
    #expect(flow.yaml.contains("    environment: FLOW_\(name.uppercased())\n"), "\(flow.yaml)")
  }
}
