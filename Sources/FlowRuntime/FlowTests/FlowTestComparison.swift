import FlowCore
import FlowEngine
import Foundation

/// Compares what a flow did with what its test expects: every difference.
struct FlowTestComparison {
  let expect: FlowTestExpectation
  private(set) var differences: [FlowTestDifference] = []

  init(_ expect: FlowTestExpectation) { self.expect = expect }

  private mutating func differ(_ path: String, _ expected: String, _ found: String) {
    differences.append(FlowTestDifference(path, expected: expected, found: found))
  }

  mutating func compare(_ result: FlowResult, _ trace: FlowTestTrace) {
    if trace.isCutOff { differ("test", "an end", "FlowFiles that still circulate or wait after \(FlowTestRunner.limitSeconds) s") }
    if let stopped = result.stopped { differ("test", "a flow that runs to its end", "it stopped: \(stopped.message)") }
    for wanted in expect.relationships {
      let sent = result.processors.first { $0.name == wanted.name }?.sent ?? [:]
      let names = wanted.value.map(\.name) + sent.keys.filter { name in !wanted.value.contains { $0.name == name } }.sorted()
      for name in names {
        let expected = wanted.value.first { $0.name == name }?.value ?? 0
        if sent[name, default: 0] != expected { differ("relationships.\(wanted.name).\(name)", "\(expected)", "\(sent[name, default: 0])") }
      }
    }
    if result.flowfiles.deferred != expect.deferred { differ("deferred", "\(expect.deferred)", "\(result.flowfiles.deferred)") }
    compare(trace.entries)
    compare(trace.steps)
  }

  private mutating func compare(_ entries: [ErrorEntry]) {
    var left = entries
    for (index, wanted) in expect.errors.enumerated() {
      if let place = left.firstIndex(where: wanted.matches) {
        left.remove(at: place)
      } else {
        differ("errors[\(index)]", wanted.text, "no such entry")
      }
    }
    for entry in left { differ("errors", "no further entry", "\(entry.processor): \(entry.failure.cause.rawValue): \(entry.failure.message)") }
  }

  private mutating func compare(_ steps: [FlowTestTrace.Step]) {
    var taken: [String: Int] = [:]
    for (index, wanted) in expect.flowFiles.enumerated() {
      let (from, relationship) = (wanted.from.text, wanted.relationship.text)
      let leaving = steps.filter { $0.processor == from && $0.relationship == relationship }
      let number = taken["\(from)\n\(relationship)", default: 0]
      taken["\(from)\n\(relationship)"] = number + 1
      guard number < leaving.count else {
        differ("flowfiles[\(index)]", "a FlowFile from '\(from)' to \(relationship)", leaving.isEmpty ? "none" : "only \(leaving.count)")
        continue
      }
      compare(leaving[number].flowFile, wanted, at: "flowfiles[\(index)]")
    }
  }

  private mutating func compare(_ flowFile: FlowFile, _ wanted: ExpectedFlowFile, at path: String) {
    for attribute in wanted.attributes where flowFile[attribute.name] != attribute.value.text {
      differ("\(path).attributes.\(attribute.name)", attribute.value.shown, flowFile[attribute.name].map { "'\($0)'" } ?? "no such attribute")
    }
    if let records = wanted.records {
      if case .records(let batch) = flowFile.content {
        differences += FlowTestRows(batch).differences(from: records, at: "\(path).records")
      } else {
        differ("\(path).records", "rows", Self.words(for: flowFile.content))
      }
    }
    guard let content = wanted.content else { return }
    guard case .bytes(let bytes) = flowFile.content else { return differ("\(path).content", "'\(Self.short(content))'", Self.words(for: flowFile.content)) }
    compare(String(decoding: bytes, as: UTF8.self), with: content, at: "\(path).content")
  }

  private mutating func compare(_ found: String, with expected: String, at path: String) {
    func trimmed(_ text: String) -> Substring { text.hasSuffix("\n") ? text.dropLast() : text[...] }
    if trimmed(found) == trimmed(expected) { return }
    if let left = Self.json(found), let right = Self.json(expected), left.isEqual(right) { return }
    differ(path, "'\(Self.short(expected))'", "'\(Self.short(found))'")
  }

  mutating func compare(files read: (String) throws -> String?) throws {
    for file in expect.files {
      let path = "files.\(file.name)"
      switch (file.value.text, try read(file.name)) {
      case (nil, nil): break
      case (let expected?, let found?): compare(found, with: expected, at: path)
      case (let expected?, nil): differ(path, "'\(Self.short(expected))'", "no such file")
      case (nil, let found?): differ(path, "no such file", "'\(Self.short(found))'")
      }
    }
  }

  mutating func compare(_ answers: TestAnswers, responses: [FlowTestResponse]) {
    for request in answers.unanswered { differ("requests", "a response for it under 'responses'", request) }
    for index in answers.unused { differ("responses[\(index)]", "a request of \(responses[index].method) \(responses[index].url.text)", "it was not asked for") }
    guard let expected = expect.requests else { return }
    var left = answers.requests
    for (index, wanted) in expected.enumerated() {
      let place = left.firstIndex { Glob.matches($0, pattern: wanted, readsBrackets: false) }
      if let place { left.remove(at: place) } else { differ("requests[\(index)]", wanted, "no such request") }
    }
    for request in left { differ("requests", "no further request", request) }
  }

  mutating func compare(_ rows: FlowTestRows, of table: String, with expected: [FlowTestExpectation.Values]) {
    differences += rows.differences(from: expected, at: "rows.\(table)")
  }

  private static func words(for content: Content) -> String {
    switch content {
    case .empty: "nothing"
    case .bytes(let bytes): "\(bytes.count) bytes"
    case .records(let batch): "\(batch.count) rows; compare them with 'records'"
    case .claim: "a file"
    }
  }

  private static func short(_ text: String) -> String { text.count > 200 ? text.prefix(197) + "…" : text }
  private static func json(_ text: String) -> NSObject? {
    (try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)) as? NSObject
  }
}
