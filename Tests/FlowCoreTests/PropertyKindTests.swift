import FlowCore
import Testing

/// The accepted values of each kind, and the exact messages for all others.
@Suite("a property kind")
struct PropertyKindTests {
  private enum Colour: String, CaseIterable, Sendable { case red, green, blue }
  private static let store = ServiceRole("record store") { _ in true }
  private static let provider = ServiceRole("provider") { _ in true }
  private static let place = SourcePosition(line: 3, column: 7)

  private func read<Value>(
    _ kind: PropertyKind<Value>, _ value: ConfigurationNode.Value, services: [String: Set<ServiceRole>] = [:]
  ) -> (value: Value?, problems: [String]) {
    let reader = PropertyReader(file: "f.yaml", subject: "Test 't'", compiler: TextCompiler(), services: services)
    let value = kind.read(ConfigurationNode(value, position: Self.place), reader.inside("p"))
    return (value, reader.problems.map(\.description))
  }
  private func problem<Value>(_ kind: PropertyKind<Value>, _ value: ConfigurationNode.Value) -> String? {
    let result = read(kind, value)
    return result.value == nil && result.problems.count == 1 ? result.problems[0] : nil
  }
  private func words(_ found: String, _ expected: String, _ hint: String? = nil) -> String {
    "f.yaml:3:7: error: Test 't': property 'p' is \(found); expected \(expected)" + (hint.map { "; " + $0 } ?? "")
  }
  private static func node(_ value: ConfigurationNode.Value) -> ConfigurationNode {
    ConfigurationNode(value, position: place)
  }
  private static func map(_ pairs: KeyValuePairs<String, ConfigurationNode.Value>) -> ConfigurationNode.Value {
    .map(pairs.map { (key: ConfigurationNode.Key(text: $0.key, position: place), value: node($0.value)) })
  }

  @Test("text accepts any text unchanged", arguments: ["a", "no", " ", "${x}", "ü"])
  func text(value: String) { #expect(read(.text, .scalar(value)).value == value) }

  @Test("text rejects null, lists and maps")
  func noText() {
    #expect(problem(.text, .scalar("")) == words("''", "text"))
    #expect(problem(.text, .empty) == words("nothing", "text"))
    #expect(problem(.text, .list([])) == words("a list", "text"))
    #expect(problem(.text, Self.map([:])) == words("a map", "text"))
    #expect(read(.optionalText, .empty).value == "")
    #expect(problem(.optionalText, .list([])) == words("a list", "text, or nothing"))
    #expect(problem(.path, .scalar("a\0b")) == words("'a\0b'", "a path"))
  }

  @Test("a long value is truncated in the message")
  func longValues() {
    let shown = String(repeating: "x", count: 57) + "…"
    #expect(problem(.boolean, .scalar(String(repeating: "x", count: 61))) == words("'\(shown)'", "true or false"))
  }

  @Test("integer accepts whole numbers in its range", arguments: [("1", 1), ("100", 100), ("1_0", 10), ("012", 12)])
  func integers(text: String, value: Int) { #expect(read(.integer(1...100), .scalar(text)).value == value) }

  @Test(
    "integer rejects everything else",
    arguments: ["0", "101", "-5", "1.0", "1e1", "0x1", "", " 1", "one", "99999999999999999999"])
  func noIntegers(text: String) {
    #expect(problem(.integer(1...100), .scalar(text)) == words("'\(text)'", "a whole number from 1 to 100"))
  }

  @Test("integer states its bounds")
  func bounds() {
    #expect(problem(.integer(), .scalar("x")) == words("'x'", "a whole number"))
    #expect(problem(.integer(0...Int.max), .scalar("-1")) == words("'-1'", "a whole number of at least 0"))
  }

  @Test("number accepts decimals", arguments: [("1", 1.0), ("-0.5", -0.5), ("1e3", 1000)])
  func numbers(text: String, value: Double) { #expect(read(.real, .scalar(text)).value == value) }

  @Test("number rejects everything else", arguments: ["", "one", "nan", "inf", "1,5", "1e999"])
  func noNumbers(text: String) { #expect(problem(.real, .scalar(text)) == words("'\(text)'", "a number")) }

  @Test("boolean is true or false and nothing else (no Norway)")
  func booleans() {
    #expect(read(.boolean, .scalar("true")).value == true)
    #expect(read(.boolean, .scalar("false")).value == false)
    for text in ["no", "yes", "on", "off", "True", "1", "n", ""] {
      #expect(problem(.boolean, .scalar(text)) == words("'\(text)'", "true or false"))
    }
  }

  @Test("durations and sizes have units")
  func units() {
    #expect(read(.duration, .scalar("5 mins")).value == .seconds(300))
    #expect(
      problem(.duration, .scalar("thirty days")) == words("'thirty days'", "a duration such as 30s, 10m, 24h or 7d"))
    #expect(read(.byteSize, .scalar("64 MB")).value == 64 << 20)
    #expect(problem(.byteSize, .scalar("-1")) == words("'-1'", "a size such as 500 KB, 64 MB or 1 GB"))
  }

  @Test("a choice suggests the nearest")
  func choices() {
    #expect(read(PropertyKind<Colour>.choice, .scalar("red")).value == .red)
    #expect(
      problem(PropertyKind<Colour>.choice, .scalar("gren"))
        == words("'gren'", "one of red, green, blue", "did you mean 'green'?"))
    #expect(
      problem(PropertyKind<Colour>.choice, .scalar("mauve"))
        == words("'mauve'", "one of red, green, blue"))
    #expect(problem(PropertyKind<Colour>.choice, .list([])) == words("a list", "one of red, green, blue"))
  }

  @Test("an expression is compiled, and its mistake has an exact position")
  func expressions() {
    #expect(read(.expression, .scalar("a")).value?.literal == "a")
    #expect(read(.expression, .empty).value?.literal == "")
    let reader = PropertyReader(file: "f.yaml", subject: "Test 't'", compiler: TextCompiler(), services: [:])
    let node = ConfigurationNode(.scalar("ab!"), position: Self.place) { SourcePosition(line: 3, column: 8 + $0) }
    #expect(PropertyKind<any AttributeExpression>.expression.read(node, reader.inside("p")) == nil)
    #expect(
      reader.problems.map(\.description)
        == ["f.yaml:3:10: error: Test 't': property 'p': a '!'; expected anything else; keep calm"])
  }

  @Test("a sensitive value is never shown")
  func sensitive() {
    let reader = PropertyReader(file: "f.yaml", subject: "Test 't'", compiler: TextCompiler(), services: [:])
    let node = ConfigurationNode(.scalar("hunter2!"), position: Self.place, isSensitive: true)
    #expect(PropertyKind<any AttributeExpression>.expression.read(node, reader.inside("p")) == nil)
    #expect(PropertyKind<Int>.integer().read(node, reader.inside("p")) == nil)
    #expect(reader.problems.count == 2)
    #expect(reader.problems.allSatisfy { !$0.description.contains("hunter2") })
  }

  @Test("a service must exist and have the role")
  func services() {
    let services: [String: Set<ServiceRole>] = ["database": [Self.store], "fitbit": [Self.provider]]
    #expect(read(.service(Self.provider), .scalar("fitbit"), services: services).value == ServiceReference(name: "fitbit"))
    #expect(
      read(.service(Self.provider), .scalar("fitbti"), services: services).problems == [
        "f.yaml:3:7: error: Test 't': property 'p' names an unknown service 'fitbti'; expected a provider under services; "
          + "did you mean 'fitbit'?"
      ])
    #expect(
      read(.service(Self.provider), .scalar("database"), services: services).problems == [
        "f.yaml:3:7: error: Test 't': property 'p': service 'database' is not a provider; expected a provider; available: fitbit"
      ])
  }

  @Test("a list reads each element, and reports each invalid one")
  func lists() {
    let kind = PropertyKind<[Int]>.list(of: .integer())
    #expect(read(kind, .list([Self.node(.scalar("1")), Self.node(.scalar("2"))])).value == [1, 2])
    #expect(read(kind, .empty).value == [])
    #expect(read(kind, .list(["a", "1", "b"].map { Self.node(.scalar($0)) })).problems.count == 2)
    #expect(problem(kind, .scalar("1")) == words("'1'", "a list, each element a whole number"))
  }

  @Test("a map keeps the order of the file, and its problems name the member")
  func maps() {
    let kind = PropertyKind<[NamedValue<Int>]>.map(of: .integer())
    #expect(read(kind, Self.map(["z": .scalar("1"), "a": .scalar("2")])).value?.map(\.name) == ["z", "a"])
    #expect(
      read(kind, Self.map(["z": .scalar("x")])).problems
        == ["f.yaml:3:7: error: Test 't': property 'p.z' is 'x'; expected a whole number"])
    #expect(problem(kind, .scalar("1")) == words("'1'", "a map, each value a whole number"))
  }
}

/// Text with a `!` does not compile.
struct TextCompiler: ExpressionCompiler {
  func compile(_ text: String) throws -> any AttributeExpression {
    if let place = Array(text.unicodeScalars).firstIndex(of: "!") {
      throw Diagnostic(.expressionSyntax, at: Diagnostic.Place(offset: place), found: "a '!'", expected: "anything else", hint: "keep calm")
    }
    return Text(literal: text)
  }
  private struct Text: AttributeExpression {
    let literal: String?
    var attributeNames: Set<String> { [] }
    func evaluate(_ flowFile: FlowFile) throws -> String { literal ?? "" }
    func isTrue(for flowFile: FlowFile) throws -> Bool { literal == "true" }
  }
}
