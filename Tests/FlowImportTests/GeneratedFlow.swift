import Foundation
import Testing

/// A flow that a test makes, in any of the formats that NiFi writes.
struct GeneratedFlow: Sendable, CustomTestStringConvertible {
  /// What stands in the flow definition, beside its `flowContents` too.
  var name: String
  var contents: Group
  var contexts: [Context] = []
  var testDescription: String { name }

  init(_ name: String, _ contents: Group, contexts: [Context] = []) {
    self.name = name
    self.contents = contents
    self.contexts = contexts
  }

  struct Processor: Sendable {
    var id: String
    var type: String
    var properties: [String: String?] = [:]
    var name: String?
    var ended: [String] = []
    var strategy = "TIMER_DRIVEN"
    var period = "0 sec"
    var penalty = "30 sec"
    var isDisabled = false
    var node = "ALL"
    var concurrency = 1

    init(_ id: String, _ type: String, _ properties: [String: String?] = [:], ended: [String] = [], name: String? = nil, _ change: (inout Processor) -> Void = { _ in }) {
      self.id = id
      self.type = "org.apache.nifi.processors." + type
      self.properties = properties
      self.ended = ended
      self.name = name
      change(&self)
    }
  }

  struct Connection: Sendable {
    var id: String
    var source: (group: String, id: String)
    var destination: (group: String, id: String)
    var relationships: [String]
    var count = 10_000
    var size = "1 GB"
    var expiration = "0 sec"
    var prioritizers: [String] = []
    var balancing = "DO_NOT_LOAD_BALANCE"

    /// Ends are `id`, or `group/id`.
    init(_ id: String, _ source: String, _ destination: String, _ relationships: [String] = [], _ change: (inout Connection) -> Void = { _ in }) {
      func end(_ text: String) -> (String, String) {
        let parts = text.split(separator: "/").map(String.init)
        return parts.count == 2 ? (parts[0], parts[1]) : ("", text)
      }
      self.id = id
      self.source = end(source)
      self.destination = end(destination)
      self.relationships = relationships
      change(&self)
    }
  }

  struct Group: Sendable {
    var id = "root"
    var name = "made"
    var processors: [Processor] = []
    var connections: [Connection] = []
    var inputs: [String] = []
    var outputs: [String] = []
    var funnels: [String] = []
    var labels: [String] = []
    /// By identifier: type and properties.
    var services: [(id: String, type: String, properties: [String: String])] = []
    /// Remote process groups with their input and output ports.
    var remotes: [(id: String, inputs: [String], outputs: [String])] = []
    var variables: [String: String] = [:]
    var context: String?
    var groups: [Group] = []
  }

  struct Context: Sendable {
    var name: String
    /// A value of nil is sensitive.
    var parameters: [(name: String, value: String?)]
    var inherited: [String] = []
  }

  // MARK: Counting

  /// How many components of each kind there are, as the report names the kinds.
  var counts: [String: Int] {
    var counts = ["PARAMETER_CONTEXT": contexts.count]
    func visit(_ group: Group) {
      let found: [(String, Int)] = [
        ("PROCESS_GROUP", 1), ("processor", group.processors.count), ("CONNECTION", group.connections.count), ("INPUT_PORT", group.inputs.count),
        ("OUTPUT_PORT", group.outputs.count), ("FUNNEL", group.funnels.count), ("LABEL", group.labels.count), ("service", group.services.count),
        ("REMOTE_PROCESS_GROUP", group.remotes.count), ("REMOTE_INPUT_PORT", group.remotes.reduce(0) { $0 + $1.inputs.count }),
        ("REMOTE_OUTPUT_PORT", group.remotes.reduce(0) { $0 + $1.outputs.count }),
      ]
      for (kind, count) in found { counts[kind, default: 0] += count }
      for inner in group.groups { visit(inner) }
    }
    visit(contents)
    return counts.filter { $0.value > 0 }
  }

  // MARK: JSON

  /// A flow definition; or as a registry keeps it, or a whole instance.
  enum Form: CaseIterable { case definition, snapshotFile, groupFile, instance }

  func json(_ form: Form = .definition, hasInstances: Bool = false) throws -> [UInt8] {
    let group = Self.json(contents, path: "", hasInstances)
    let contexts = self.contexts.map { context -> [String: Any] in
      [
        "name": context.name, "inheritedParameterContexts": context.inherited,
        "parameters": context.parameters.map { parameter -> [String: Any] in
          var object: [String: Any] = ["name": parameter.name, "sensitive": parameter.value == nil]
          object["value"] = parameter.value
          return object
        },
      ]
    }
    let byName = Dictionary(uniqueKeysWithValues: zip(self.contexts.map(\.name), contexts))
    let snapshot: [String: Any] = [
      "flowContents": group, "parameterContexts": byName, "externalControllerServices": [:] as [String: Any], "flowEncodingVersion": "1.0",
      "snapshotMetadata": ["version": 3, "author": "somebody"] as [String: Any], "latest": true,
    ]
    let document: [String: Any] =
      switch form {
      case .definition: snapshot
      case .snapshotFile: ["header": ["dataModelVersion": "3"], "content": ["flowSnapshot": snapshot]]
      case .groupFile: ["header": ["dataModelVersion": 2], "content": group]
      case .instance: ["encodingVersion": ["majorVersion": 2, "minorVersion": 0], "maxTimerDrivenThreadCount": 10, "rootGroup": group, "parameterContexts": contexts]
      }
    return Array(try JSONSerialization.data(withJSONObject: document, options: .sortedKeys))
  }

  private static func json(_ group: Group, path: String, _ hasInstances: Bool) -> [String: Any] {
    func object(_ id: String, _ more: [String: Any] = [:]) -> [String: Any] {
      (hasInstances ? ["identifier": id, "instanceIdentifier": path + id] : ["identifier": id]).merging(more) { $1 }
    }
    func port(_ id: String) -> [String: Any] { object(id, ["name": "port " + id]) }
    func end(_ end: (group: String, id: String)) -> [String: Any] { ["id": end.id, "groupId": end.group.isEmpty ? group.id : end.group] }
    return object(
      group.id,
      [
        "name": group.name, "variables": group.variables, "parameterContextName": group.context ?? NSNull(),
        "processors": group.processors.map { processor in
          object(
            processor.id,
            [
              "name": processor.name ?? processor.id, "type": processor.type, "properties": processor.properties.mapValues { $0 ?? NSNull() as Any },
              "autoTerminatedRelationships": processor.ended, "schedulingStrategy": processor.strategy, "schedulingPeriod": processor.period,
              "penaltyDuration": processor.penalty, "scheduledState": processor.isDisabled ? "DISABLED" : "ENABLED", "executionNode": processor.node,
              "concurrentlySchedulableTaskCount": processor.concurrency,
            ])
        },
        "connections": group.connections.map { connection in
          object(
            connection.id,
            [
              "name": "", "source": end(connection.source), "destination": end(connection.destination), "selectedRelationships": connection.relationships,
              "backPressureObjectThreshold": connection.count, "backPressureDataSizeThreshold": connection.size, "flowFileExpiration": connection.expiration,
              "prioritizers": connection.prioritizers.map { "org.apache.nifi.prioritizer." + $0 }, "loadBalanceStrategy": connection.balancing,
            ])
        },
        "inputPorts": group.inputs.map(port), "outputPorts": group.outputs.map(port), "funnels": group.funnels.map { object($0) },
        "labels": group.labels.enumerated().map { object("label \(path)\($0.offset)", ["label": $0.element]) },
        "controllerServices": group.services.map { object($0.id, ["name": $0.id, "type": $0.type, "properties": $0.properties]) },
        "remoteProcessGroups": group.remotes.map { remote in
          object(remote.id, ["name": remote.id, "targetUris": "https://other.example/nifi", "inputPorts": remote.inputs.map(port), "outputPorts": remote.outputs.map(port)])
        },
        "processGroups": group.groups.map { json($0, path: path + $0.id + ".", hasInstances) },
      ])
  }

  // MARK: XML

  /// A template of NiFi 1.x, which has no parameter contexts.
  func template() -> [UInt8] {
    Array(
      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<template encoding-version=\"1.3\"><groupId>\(contents.id)</groupId><name>\(Self.text(contents.name))</name><snippet>\(Self.xml(contents))</snippet></template>"
        .utf8)
  }

  /// In the order in which JSONSerialization sorts keys, so that a template has what JSON has in the same order.
  private static func sorted(_ values: [String: String?]) -> [(key: String, value: String?)] {
    let all = Array(values)
    let places = Dictionary(uniqueKeysWithValues: all.indices.map { (all[$0].key, $0) })
    let text = (try? JSONSerialization.data(withJSONObject: places, options: .sortedKeys)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return text.matches(of: #/:(\d+)(?=[,}])/#).compactMap { Int($0.1) }.map { all[$0] }
  }

  private static func xml(_ group: Group) -> String {
    func element(_ name: String, _ parts: String...) -> String { "<\(name)>\(parts.joined())</\(name)>" }
    func value(_ name: String, _ value: String) -> String { "<\(name)>\(text(value))</\(name)>" }
    func entries(_ name: String, _ values: [String: String?]) -> String {
      element(name, GeneratedFlow.sorted(values).map { element("entry", value("key", $0.key), $0.value.map { value("value", $0) } ?? "") }.joined())
    }
    func end(_ name: String, _ end: (group: String, id: String)) -> String {
      element(name, value("groupId", end.group.isEmpty ? group.id : end.group), value("id", end.id))
    }
    func port(_ name: String, _ id: String) -> String { element(name, value("id", id), value("name", "port " + id)) }
    var xml = ""
    for connection in group.connections {
      xml += element(
        "connections", value("id", connection.id), value("backPressureDataSizeThreshold", connection.size), value("backPressureObjectThreshold", String(connection.count)),
        end("destination", connection.destination), value("flowFileExpiration", connection.expiration), value("loadBalanceStrategy", connection.balancing),
        connection.prioritizers.map { value("prioritizers", "org.apache.nifi.prioritizer." + $0) }.joined(),
        connection.relationships.map { value("selectedRelationships", $0) }.joined(), end("source", connection.source))
    }
    for service in group.services {
      xml += element("controllerServices", value("id", service.id), value("name", service.id), entries("properties", service.properties), value("type", service.type))
    }
    for funnel in group.funnels { xml += element("funnels", value("id", funnel)) }
    for input in group.inputs { xml += port("inputPorts", input) }
    for (number, label) in group.labels.enumerated() { xml += element("labels", value("id", "label \(group.id)\(number)"), value("label", label)) }
    for output in group.outputs { xml += port("outputPorts", output) }
    for inner in group.groups {
      xml += element("processGroups", value("id", inner.id), element("contents", Self.xml(inner)), value("name", inner.name), entries("variables", inner.variables))
    }
    for processor in group.processors {
      xml += element(
        "processors", value("id", processor.id), value("name", processor.name ?? processor.id),
        element(
          "config", value("concurrentlySchedulableTaskCount", String(processor.concurrency)), value("executionNode", processor.node),
          value("penaltyDuration", processor.penalty), entries("properties", processor.properties), value("schedulingPeriod", processor.period),
          value("schedulingStrategy", processor.strategy)),
        processor.ended.map { element("relationships", value("autoTerminate", "true"), value("name", $0)) }.joined(),
        value("state", processor.isDisabled ? "DISABLED" : "STOPPED"), value("type", processor.type))
    }
    for remote in group.remotes {
      xml += element(
        "remoteProcessGroups", value("id", remote.id),
        element("contents", remote.inputs.map { port("inputPorts", $0) }.joined(), remote.outputs.map { port("outputPorts", $0) }.joined()), value("name", remote.id),
        value("targetUri", "https://other.example/nifi"))
    }
    return xml
  }

  private static func text(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\r", with: "&#13;")
  }
}
