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

  /// Values that the flow's author makes up: a name, a text, a path within an answer; or that nothing is there to compare with, such as a data type of
  /// one's own.
  private static let own: Set<String> = [
    "flow", "help", "summary", "name", "group", "environment", "default", "required_unless", "when", "agree", "relationship", "data_type", "zone", "from", "value", "rows",
    "time_of_day", "table", "path", "participants", "body", "at", "into", "empty", "beside", "dated",
  ]

  /// Words of the same place in the file and the same kind of processor are tried once; all of them in a soak test.
  private static func chosen(_ words: [Word]) -> [Word] {
    guard ProcessInfo.processInfo.environment["FLOWRUN_SOAK"] == nil else { return words }
    var seen: Set<String> = []
    return words.filter { seen.insert("\($0.isKey) \($0.path) \($0.text)").inserted }
  }

  @Test("is answered where it is, with the word that was meant", .timeLimit(.minutes(3)), arguments: flows)
  func answered(_ flow: String) throws {
    let lines = try String(contentsOf: Self.folder.appending(path: flow), encoding: .utf8).components(separatedBy: "\n")
    let loader = FlowCatalog.loader(on: .here())
    let words = Self.chosen(try Self.words(of: lines))
    var count = 0
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
      count += 1
      // A name that the flow declares is missed where it is used.
      let isDeclared = word.isKey && Self.declares(word)
      #expect(
        problems.all.contains { problem in
          isDeclared || word.path.last == "key"
            ? problem.description.contains(isDeclared ? "'\(word.text)'" : "'\(wrong)'")
            : problem.position == word.position && (problem.description.contains("did you mean '\(word.text)'") || problem.description.contains("expected true or false"))
        }, "\(flow): \(word) → '\(wrong)': \(problems)")
    }
    #expect(count > 40)
  }

  /// Whether the key is a name of the author's: a parameter, a service, a column, an attribute.
  private static func declares(_ word: Word) -> Bool { word.path == ["parameters"] || word.path == ["services"] || word.path.last == "columns" }

  @Test("is tried in every shipped flow")
  func complete() { #expect(Self.flows.count >= 10) }

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
        if path.last != "agree", path.last != "set" { words.append(Word(text: key.text, position: key.position, path: generic(path), isKey: true)) }
        collect(value, path + [key.text], &words)
      }
    }
  }
}
