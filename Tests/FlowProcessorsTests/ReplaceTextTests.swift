import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("ReplaceText")
struct ReplaceTextTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var properties: [String: PropertyLiteral]
    var content: String
    var expected: String
    var attributes: Attributes = [:]
    var testDescription: String { "\(properties) on \(content.debugDescription)" }

    init(_ properties: [String: PropertyLiteral], _ content: String, _ expected: String, _ attributes: Attributes = [:]) {
      self.properties = properties
      self.content = content
      self.expected = expected
      self.attributes = attributes
    }
  }

  private static func run(_ properties: [String: PropertyLiteral], _ content: Content, _ attributes: Attributes = [:]) async throws -> ProcessorTest.Outcome {
    let test = try ProcessorTest(ReplaceText.self, properties, compiler: CompiledExpressions(parameters: []))
    return await test.run([test.flowFile(attributes, content: content)])
  }

  private static func check(_ item: Case) async throws {
    let outcome = try await run(item.properties, .bytes(Array(item.content.utf8)), item.attributes)
    #expect(outcome["success"].first?.text == item.expected, "\(outcome.failures)")
  }

  private static func strategy(_ name: String, _ value: String, _ more: [String: PropertyLiteral] = [:]) -> [String: PropertyLiteral] {
    ["replacement_strategy": .text(name), "replacement_value": .text(value)].merging(more) { $1 }
  }
  private static let entire: [String: PropertyLiteral] = ["evaluation_mode": "entire_text"]

  @Test("does what NiFi's use cases say", arguments: [
    Case(strategy("append", ", ${filename}"), "a\nb\r\nc", "a, f.txt\nb, f.txt\r\nc, f.txt", ["filename": "f.txt"]),
    Case(strategy("prepend", "<start>"), "a\nb\n", "<start>a\n<start>b\n"),
    Case(strategy("literal_replace", "arachnid", ["search_value": "spider"]), "a spider, a spider\nno spid er", "a arachnid, a arachnid\nno spid er"),
    Case(["search_value": "(WOLF|TIGER|LION)", "replacement_value": "${'$1':toLower()}"], "a WOLF and a LION\nTIGER", "a wolf and a lion\ntiger"),
    Case(
      ["search_value": "identifier: (.*)", "replacement_value": "identifier: ${'$1':hash('sha256')}"], "identifier: abc",
      "identifier: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    Case(strategy("always_replace", "${a}-${b}", entire), "anything\nat all", "1-2", ["a": "1", "b": "2"]),
  ])
  func useCases(_ item: Case) async throws { try await Self.check(item) }

  @Test("strategies keep line endings in lines, and see the whole text otherwise", arguments: [
    Case(strategy("prepend", "x", entire), "a\nb", "xa\nb"), Case(strategy("append", "x", entire), "a\nb\n", "a\nb\nx"),
    Case(["replacement_strategy": "surround", "text_to_prepend": "<", "text_to_append": ">"], "a\r\n\r\nb\rc", "<a>\r\n<>\r\n<b>\r<c>"),
    Case(["replacement_strategy": "surround", "text_to_prepend": "<", "text_to_append": ">", "evaluation_mode": "entire_text"], "a\n", "<a\n>"),
    Case(strategy("always_replace", "x"), "a\nb\r\n\nc", "x\nx\r\nx\nx"), Case(["search_value": ".*", "replacement_value": "x"], "a\nb", "x\nx"),
    Case(strategy("prepend", "x"), "", ""), Case(strategy("prepend", "x", entire), "", "x"),
  ])
  func strategies(_ item: Case) async throws { try await Self.check(item) }

  @Test("only the lines of the mode are changed", arguments: [
    ("all", "xa\nxb\nxc"), ("first_line", "xa\nb\nc"), ("except_first_line", "a\nxb\nxc"), ("last_line", "a\nb\nxc"), ("except_last_line", "xa\nxb\nc"),
  ])
  func lines(_ mode: String, _ expected: String) async throws {
    try await Self.check(Case(Self.strategy("prepend", "x", ["line_by_line_evaluation_mode": .text(mode)]), "a\nb\nc", expected))
  }

  @Test("one line is first and last", arguments: [("first_line", "xa"), ("last_line", "xa"), ("except_first_line", "a"), ("except_last_line", "a")])
  func oneLine(_ mode: String, _ expected: String) async throws {
    try await Self.check(Case(Self.strategy("prepend", "x", ["line_by_line_evaluation_mode": .text(mode)]), "a", expected))
  }

  @Test("groups are inserted; what names no group, and what comes from attributes, is text", arguments: [
    Case(["search_value": "(\\w+) (\\w+)", "replacement_value": "$2 $1"], "hello world", "world hello"),
    Case(["search_value": "(a)(b)?", "replacement_value": "[$1$2]"], "ac", "[a]c"), Case(["search_value": "(a)", "replacement_value": "$0$12"], "a", "aa2"),
    Case(["search_value": "(a)(b)(c)", "replacement_value": "I owe $8 to him"], "abc", "I owe $8 to him"),
    Case(["search_value": "a", "replacement_value": "5 or \\$1 or \\\\"], "a", "5 or $1 or \\"),
    Case(["search_value": "(a)", "replacement_value": "${v}$1"], "a", "$1\\a", ["v": "$1\\"]),
    Case(["search_value": "${v}", "replacement_value": "x"], "a.c abc", "x abc", ["v": "a.c"]),
    Case(["search_value": "(?s)(^.*$)", "replacement_value": "[$1]", "evaluation_mode": "entire_text"], "a\nb\n", "[a\nb\n]"),
    Case([:], "a\nb", "a\nb"), Case(["search_value": "é(.)", "replacement_value": "$1ü"], "é😀", "😀ü"),
    Case(["search_value": "(a)", "replacement_value": "${'$1':append(${'$0'})}"], "aba", "aabaa"),
  ])
  func groups(_ item: Case) async throws { try await Self.check(item) }

  @Test("a dollar sign before anything but a digit makes the whole replacement literal", arguments: [
    Case(["search_value": "(?s:^.*$)", "replacement_value": "a$b"], "a$a,b,c,d", "a$b"), Case(["search_value": "(?s:^.*$)", "replacement_value": "a\\$b"], "a$a,b,c,d", "a\\$b"),
    Case(["search_value": "(a)", "replacement_value": "$1 costs $ 5"], "a", "$1 costs $ 5"), Case(["search_value": "(a)", "replacement_value": "$1 costs 5 $"], "a", "a costs 5 $"),
    Case(["search_value": "(a)", "replacement_value": "$1 ${v} $x"], "a", "$1 \\2 $x", ["v": "\\2"]), Case(["search_value": "(a)", "replacement_value": "$1${v}"], "a", "a$x", ["v": "$x"]),
  ])
  func literal(_ item: Case) async throws { try await Self.check(item) }

  @Test("attributes take the place of variables", arguments: [
    Case(["replacement_strategy": "substitute_variables"], "${a} ${none} ${none:-d} $${a} ${", "1 ${none} d ${a} ${", ["a": "1"]),
    Case(["replacement_strategy": "substitute_variables"], "${outer}", "<1>", ["outer": "<${inner}>", "inner": "1"]),
  ])
  func variables(_ item: Case) async throws { try await Self.check(item) }

  /// One that names itself, and a few that name each other so often that the whole would fill any memory.
  private static let attributes: Attributes = {
    var attributes: Attributes = ["loop": "${loop}", "a40": "x"]
    for number in 0..<40 { attributes["a\(number)"] = "${a\(number + 1)}${a\(number + 1)}" }
    return attributes
  }()
  /// What comes first is found, and then the search runs out of its stack.
  static let longNote = #""note":"a" "note":""# + String(repeating: "x", count: 600_000) + #"""#

  @Test("what cannot be replaced fails unchanged", arguments: [
    (["search_value": "a", "maximum_buffer_size": "2 B", "evaluation_mode": "entire_text"], "aaa", "has 3 bytes"),
    (["search_value": "a", "maximum_buffer_size": "2 B"], "a\nbbbb\n", "has 5 bytes"),
    (["replacement_strategy": "substitute_variables"], "${loop}", "refers to itself"),
    (["replacement_strategy": "substitute_variables"], "${a0}", "has more than 1048576 bytes"), (["search_value": #""note":"((?:[^"\\]|\\.)*)""#, "evaluation_mode": "entire_text"], ReplaceTextTests.longNote, "takes too many steps"),
    (["search_value": "(a+)+$"], String(repeating: "a", count: 40) + "!", "takes too many steps for a text of 41 characters"), (["search_value": "${loop}("], "a", "regular expression"),
  ] as [([String: PropertyLiteral], String, String)])
  func failing(_ properties: [String: PropertyLiteral], _ content: String, _ message: String) async throws {
    let outcome = try await Self.run(properties, .bytes(Array(content.utf8)), Self.attributes)
    let failed = try #require(outcome["failure"].first)
    #expect(failed.text == content && failed.failure?.message.contains(message) == true, "\(String(describing: failed.failure))")
  }

  @Test("bytes that are no text can be surrounded, not searched")
  func binary() async throws {
    let bytes: [UInt8] = [0xFF, 0x61]
    let surrounded = try await Self.run(Self.strategy("append", "!", Self.entire), .bytes(bytes))
    #expect(surrounded["success"].first?.content == .bytes(bytes + [0x21]))
    let searched = try await Self.run(["search_value": "a"], .bytes(bytes))
    #expect(searched["failure"].first?.failure?.message == "the content is not UTF-8 (near byte 0); expected text in UTF-8")
  }

  @Test("a wrong pattern is a problem of the flow file", arguments: [
    (["search_value": "(a"], "'(a': it is not a regular expression"), (["replacement_strategy": "literal_replace", "search_value": "${literal(''):substring(0)}"], "none"),
    (["replacement_strategy": "surround"], "'surround' without text"),
  ] as [([String: PropertyLiteral], String)])
  func declaration(_ properties: [String: PropertyLiteral], _ expected: String) throws {
    let problems = ProcessorProblems.found(ReplaceText.self, properties)
    #expect(problems.contains { $0.contains(expected) } || expected == "none" && problems.isEmpty, "\(problems)")
  }
}
