import FlowCore
import Testing

@Suite("The property reader")
struct PropertyReaderTests {
  private static let size = Property<Int>.required("size", .integer(1...9), "How many.")
  private static let name = Property<String>("name", .text, "Optional.")
  private static let wait = Property<Duration>("wait", .duration, default: "5s", "How long.")
  private static let secret = Property<String>("secret", .text, sensitive: true, "Never shown.")
  private static let folder = Property<any AttributeExpression>("folder", .expression, default: "x", "May be empty.")
  private static let properties = [
    PropertyDescriptor(size), PropertyDescriptor(name), PropertyDescriptor(wait), PropertyDescriptor(secret),
    PropertyDescriptor(folder),
  ]
  private let reader = PropertyReader(file: nil, subject: "Test", compiler: TextCompiler(), services: [:])

  private func read(_ pairs: KeyValuePairs<String, ConfigurationNode>) -> PropertyValues? {
    let place = SourcePosition(line: 1, column: 1)
    let node = ConfigurationNode(
      .map(pairs.map { (key: ConfigurationNode.Key(text: $0.key, position: place), value: $0.value) }), position: place)
    return reader.read(node, properties: Self.properties)
  }
  private func scalar(_ text: String, isSensitive: Bool = false, isUnresolved: Bool = false) -> ConfigurationNode {
    ConfigurationNode(
      .scalar(text), position: SourcePosition(line: 2, column: 2), isSensitive: isSensitive, isUnresolved: isUnresolved)
  }
  private var problems: [String] { reader.problems.map(\.description) }

  @Test("applies defaults and leaves optional properties unset")
  func defaults() throws {
    let values = try #require(read(["size": scalar("3")]))
    #expect(values[Self.size] == 3)
    #expect(values[Self.wait] == .seconds(5))
    #expect(values.optional(Self.name) == nil)
    #expect(values[Self.folder].literal == "x")
  }

  @Test("treats an empty value as unset, unless empty text is valid")
  func unset() throws {
    let values = try #require(
      read(["size": scalar("3"), "wait": scalar(""), "name": scalar(""), "folder": scalar("")]))
    #expect(values[Self.wait] == .seconds(5))
    #expect(values.optional(Self.name) == nil)
    #expect(values[Self.folder].literal == "")
    #expect(read(["size": scalar("")]) == nil)
    #expect(problems == ["2:2: error: Test: required property 'size' is missing; expected a whole number from 1 to 9"])
  }

  @Test("reports all problems at once, and a misspelt required property only once")
  func everything() {
    #expect(read(["sise": scalar("3"), "wait": scalar("x")]) == nil)
    #expect(
      problems == [
        "1:1: error: Test: unknown property 'sise'; did you mean 'size'?",
        "2:2: error: Test: property 'wait' is 'x'; expected a duration such as 30s, 10m, 24h or 7d",
      ])
  }

  @Test("allows a sensitive parameter only in a sensitive property")
  func sensitive() throws {
    #expect(try #require(read(["size": scalar("3"), "secret": scalar("a", isSensitive: true)]))[Self.secret] == "a")
    #expect(read(["size": scalar("3"), "name": scalar("a", isSensitive: true)]) == nil)
    #expect(
      problems == [
        "2:2: error: Test: property 'name' uses a sensitive parameter; "
          + "expected a sensitive property, or a parameter that is not sensitive"
      ])
  }

  @Test("recognizes a sensitive parameter by its position even if it is empty")
  func emptySensitive() {
    #expect(read(["size": scalar("3"), "name": scalar("", isSensitive: true)]) == nil)
    #expect(problems.count == 1 && problems[0].contains("property 'name' uses a sensitive parameter"))
  }

  @Test("returns no values and no report if a parameter has no value")
  func unresolved() {
    #expect(read(["size": scalar("", isUnresolved: true)]) == nil)
    #expect(problems == [])
  }

  @Test("rejects a list in place of a map of properties")
  func noMap() {
    #expect(
      reader.read(ConfigurationNode(.list([]), position: SourcePosition(line: 1, column: 1)), properties: []) == nil)
    #expect(problems == ["1:1: error: Test: the value is a list; expected a map"])
  }
}
