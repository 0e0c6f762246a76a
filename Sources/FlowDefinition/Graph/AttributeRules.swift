import FlowCore

/// Finds attributes that no processor upstream writes. They are empty in every FlowFile: a misspelt name in a URL
/// changes every request.
///
/// Only checked if the whole flow is known. Expressions that test for an attribute or provide a default may name any.
struct AttributeRules {
  private let flow: LinkedFlow
  private let upstream: [[Int]]
  private let problems: ProblemList
  /// More names of one text than anybody corrects before trying again. Finding the place of each costs a scan of the text.
  private static let most = 100

  init(_ flow: LinkedFlow, problems: ProblemList) {
    self.flow = flow
    upstream = flow.upstream
    self.problems = problems
  }

  func check() {
    guard flow.processors.allSatisfy({ $0.writesAreKnown && !$0.leadsToUnknown }) else { return }
    let writers = firstWriters
    for (index, processor) in flow.processors.enumerated() {
      let written = FlowFileAttributes.pseudoNames.union(attributes(reaching: index))
      for (expression, node) in processor.notes.expressions {
        var unwritten: Set<String> = []
        for use in expression.attributeUses where !use.isGuarded && !written.contains(use.name) && unwritten.count < Self.most {
          guard unwritten.insert(use.name).inserted else { continue }
          report(use, in: node, of: processor, written: written, writer: writers[use.name])
        }
      }
    }
  }

  /// The first processor of the file that writes an attribute, by attribute.
  private var firstWriters: [String: String] {
    var writers: [String: String] = [:]
    for processor in flow.processors {
      for name in processor.writtenAttributes where writers[name] == nil { writers[name] = processor.entry.name }
    }
    return writers
  }

  private func report(_ use: AttributeUse, in node: ConfigurationNode, of processor: LinkedProcessor, written: Set<String>, writer: String?) {
    var place = node
    place.position = node.position(ofCharacter: use.offset)
    problems.report(
      .unwrittenAttribute(use.name, writer: writer, among: written.sorted()), about: place,
      else: processor.entry.position, subject: processor.entry.subject)
  }

  /// The attributes written by the processors that lead to this one; a source also sees its own.
  private func attributes(reaching index: Int) -> Set<String> {
    var written: Set<String> = flow.processors[index].descriptor?.input == .forbidden ? flow.processors[index].writtenAttributes : []
    written.formUnion(flow.processors[index].ownAttributes)
    DirectedGraph.walk(from: index, along: upstream) { next in
      written.formUnion(flow.processors[next].writtenAttributes)
      return true
    }
    return written
  }
}

extension LinkedProcessor {
  /// The attributes that it may set.
  var writtenAttributes: Set<String> {
    guard let descriptor else { return [] }
    return Set(descriptor.writes.map(\.name)).union(values.flatMap { descriptor.writesFromProperties?($0) } ?? [])
  }

  /// The attributes that only its own expressions see.
  fileprivate var ownAttributes: [String] { descriptor.flatMap { descriptor in values.flatMap { descriptor.ownAttributes?($0) } } ?? [] }

  /// False if unreadable properties might define further attributes, and for a processor that may set any.
  fileprivate var writesAreKnown: Bool {
    descriptor.map { !$0.writesAnyAttribute && (values != nil || $0.writesFromProperties == nil) } ?? false
  }
}
