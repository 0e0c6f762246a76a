import FlowCore
import FlowTesting
import Foundation
import Testing

@testable import FlowDefinition
@testable import FlowRuntime

/// Every word of every shipped flow, misspelt one at a time.
@Suite("A misspelt word in a shipped flow")
struct MisspellingTests {
  /// A word of a flow file.
  struct Word: Sendable, CustomStringConvertible {
    var text: String
    var position: SourcePosition
    /// Keys from the file's top, those that the flow's author has chosen as `*`, elements of lists left out.
    var path: [String]
    var isKey: Bool

    var description: String { "\(position.line):\(position.column) \(isKey ? "key" : "value") \(path.joined(separator: ".")) '\(text)'" }
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Flows")
  static let flows = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? [])
    .filter { $0.hasSuffix(".yaml") && !$0.hasSuffix("_test.yaml") }.sorted()

  /// Values that the flow's author makes up: a name, a text, a path within an answer, a word of the provider's; or that nothing is there to compare
  /// with, such as a data type of one's own, or a model.
  private static let own: Set<String> = [
    "flow", "help", "summary", "name", "group", "environment", "default", "required_unless", "when", "agree", "relationship", "data_type", "zone", "from", "value", "rows",
    "time_of_day", "time_in", "table", "path", "participants", "body", "at", "into", "empty", "beside", "dated", "models", "select", "is", "choices", "lists", "root", "omit",
    "attributes", "query", "part", "parameter", "set",
  ]
  /// Lists of columns: the list is named, with the word that is wrong.
  private static let columnLists: Set<String> = ["key", "intervals", "replaces"]

  /// The words to try, by flow. A word that stands at the same place in several is tried once; each time in a soak test.
  private static let chosen: [String: [Word]] = {
    let isWhole = ProcessInfo.processInfo.environment["FLOWRUN_SOAK"] != nil
    var seen: Set<String> = [], chosen: [String: [Word]] = [:]
    for flow in flows {
      let words = (try? Self.words(of: lines(of: flow))) ?? []
      chosen[flow] = words.filter { isWhole || seen.insert("\($0.isKey) \($0.path) \($0.text)").inserted }
    }
    return chosen
  }()

  private static func lines(of flow: String) throws -> [String] {
    try String(contentsOf: folder.appending(path: flow), encoding: .utf8).components(separatedBy: "\n")
  }

  @Test(
    "is answered where it is, with the word that was meant", .timeLimit(.minutes(5)),
    .disabled(if: ProcessInfo.processInfo.environment["FLOWRUN_SANITIZED"] != nil, "it has one thread"), arguments: flows)
  func answered(_ flow: String) throws {
    let lines = try Self.lines(of: flow)
    let loader = FlowCatalog.loader(on: .here())
    let words = try #require(Self.chosen[flow])
    for word in words {
      guard let wrong = Self.misspelt(word.text) else { continue }
      var changed = lines
      let line = changed[word.position.line - 1], start = line.index(line.startIndex, offsetBy: word.position.column - 1)
      let range = start..<line.index(start, offsetBy: word.text.count)
      try #require(line[range] == word.text, "\(word)")
      changed[word.position.line - 1] = line.replacingCharacters(in: range, with: wrong)
      guard case .failure(let problems) = loader.load(bytes: Array(changed.joined(separator: "\n").utf8), file: flow, given: [:]) else {
        // A table that no convention promises has the columns that its flow gives it.
        if word.isKey && word.path.last == "columns" { continue }
        Issue.record("\(flow): \(word) → '\(wrong)' is taken without a word")
        continue
      }
      // A name that the flow declares is missed where it is used.
      let isDeclared = word.isKey && Self.declares(word)
      #expect(
        problems.all.contains { problem in
          isDeclared || word.path.contains(where: Self.columnLists.contains)
            ? problem.description.contains(isDeclared ? "'\(word.text)'" : "'\(wrong)'")
            : problem.position == word.position && (problem.description.contains("did you mean '\(word.text)'") || problem.description.contains("expected true or false")
                || problem.description.contains("expected \(word.text)"))
        }, "\(flow): \(word) → '\(wrong)': \(problems)")
    }
  }

  /// Whether the key is a name of the author's: a parameter, a service, a column, an attribute.
  private static func declares(_ word: Word) -> Bool { word.path == ["parameters"] || word.path == ["services"] || word.path.last == "columns" }

  @Test("is tried in every shipped flow")
  func complete() throws {
    #expect(Self.flows.count >= 10)
    for flow in Self.flows { #expect(try Self.words(of: Self.lines(of: flow)).count > 100, "\(flow)") }
    #expect(Self.chosen.values.reduce(0) { $0 + $1.count } > 300)
  }

  // MARK: Words

  /// Two letters change places; nil if there are no two different ones.
  static func misspelt(_ word: String) -> String? {
    var letters = Array(word)
    guard let place = letters.indices.dropFirst().dropLast().first(where: { letters[$0] != letters[$0 + 1] }) ?? (letters.count == 2 && letters[0] != letters[1] ? 0 : nil)
    else { return nil }
    letters.swapAt(place, place + 1)
    return String(letters)
  }

  private static func words(of lines: [String]) throws -> [Word] {
    let problems = ProblemList(file: "")
    guard let root = try YAMLParser.parse(try SourceText(Array(lines.joined(separator: "\n").utf8)), problems: problems) else { return [] }
    var words: [Word] = []
    collect(root, [], &words)
    return words
  }

  /// The path without the names that the flow declares.
  private static func generic(_ path: [String]) -> [String] {
    path.indices.map { index in index > 0 && ["parameters", "services", "columns"].contains(path[index - 1]) ? "*" : path[index] }
  }

  private static func collect(_ node: YAMLNode, _ path: [String], _ words: inout [Word]) {
    switch node.value {
    case .scalar(let scalar):
      if scalar.style == .plain, !generic(path).contains(where: own.contains), scalar.text.wholeMatch(of: #/[A-Za-z][A-Za-z_ -]+/#) != nil, !scalar.text.contains("  ") {
        words.append(Word(text: scalar.text, position: node.position, path: generic(path), isKey: false))
      }
    case .list(let nodes): for each in nodes { collect(each, path, &words) }
    case .map(let members):
      for (key, value) in members {
        // What is agreed on, and the columns of a table that a flow makes up, are its own.
        if !["agree", "set", "query", "attributes"].contains(path.last ?? "") { words.append(Word(text: key.text, position: key.position, path: generic(path), isKey: true)) }
        collect(value, path + [key.text], &words)
      }
    }
  }
}
