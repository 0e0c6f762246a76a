import FlowCore
import FlowTesting
import Foundation
import Testing

@testable import StudyProcessors

/// What every processor of the catalogue keeps to, so that flow files, `flowrun processors` and README read alike.
@Suite("Every processor keeps the rules of the catalogue")
struct ConformanceTests {
  // Not by key path: the compiler of Swift 6.3 crashes on a static member of a protocol.
  private static let all = BuiltinProcessors.all.map { $0.descriptor }

  @Test("its name in flow files is its Swift type's", arguments: BuiltinProcessors.all.indices)
  func name(_ index: Int) {
    let type = BuiltinProcessors.all[index]
    #expect(type.descriptor.type == String(describing: type))
  }

  @Test("its summary is one sentence of at most 150 characters that does not begin with its name")
  func summaries() {
    for descriptor in Self.all {
      #expect(descriptor.summary.hasSuffix(".") && descriptor.summary.count <= 150, "\(descriptor.type)")
      #expect(!descriptor.summary.hasPrefix(descriptor.type), "\(descriptor.type)")
    }
  }

  @Test("names of properties and relationships are snake_case, once each, and say what they mean here")
  func names() throws {
    let form = #/[a-z][a-z0-9]*(_[a-z0-9]+)*/#
    for descriptor in Self.all {
      let properties = descriptor.properties.map(\.name), relationships = descriptor.relationships.map(\.name)
      #expect(Set(properties).count == properties.count && Set(relationships).count == relationships.count, "\(descriptor.type)")
      for name in properties + relationships { #expect(try form.wholeMatch(in: name) != nil, "\(descriptor.type): \(name)") }
      for property in descriptor.properties { #expect(property.documentation.hasSuffix("."), "\(descriptor.type): \(property.name)") }
      for relationship in descriptor.relationships { #expect(!relationship.documentation.isEmpty, "\(descriptor.type): \(relationship.name)") }
    }
  }

  @Test("an unknown property is refused by name")
  func unknownProperty() {
    for type in BuiltinProcessors.all {
      let problems = #expect(throws: Problems.self, "\(type.descriptor.type)") { try ProcessorTest(type, ["no_such_property": "1"]) }
      #expect(problems?.description.contains("no_such_property") == true, "\(type.descriptor.type)")
    }
  }
}
