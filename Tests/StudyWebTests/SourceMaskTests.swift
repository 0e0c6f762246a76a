import Testing

@testable import StudyWeb

@Suite("The source of a flow is shown without secrets")
struct SourceMaskTests {
  struct Example: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var text: String
    var shown: String
  }

  private static let mask = SourceMask(parameters: ["client_secret"], properties: ["client_secret"], values: ["in-use"])

  static let examples = [
    Example(
      testDescription: "the default of a sensitive parameter", text: "parameters:\n  client_secret:\n    environment: X\n    default: s3cret\n    sensitive: true\n  api: { default: a }",
      shown: "parameters:\n  client_secret:\n    environment: X\n    …\n    sensitive: true\n  api: { default: a }"),
    Example(
      testDescription: "on one line", text: "parameters:\n  client_secret: { default: s3cret, sensitive: true }\n  api: { default: a }",
      shown: "parameters:\n  client_secret: …\n  api: { default: a }"),
    Example(
      testDescription: "over several lines", text: "parameters:\n  client_secret:\n    default: |\n      s3\n      cret\n    sensitive: true",
      shown: "parameters:\n  client_secret:\n    …\n      …\n      …\n    sensitive: true"),
    Example(
      testDescription: "a parameter that the running flow does not have", text: "parameters:\n  key:\n    default: s3cret\n    sensitive: true\nflow: f",
      shown: "parameters:\n  key:\n    …\n    sensitive: true\nflow: f"),
    Example(
      testDescription: "a literal in a sensitive property", text: "services:\n  fitbit:\n    client_secret: s3cret\n    type: T",
      shown: "services:\n  fitbit:\n    client_secret: …\n    type: T"),
    Example(
      testDescription: "in a map on one line", text: "  fitbit: { type: T, client_secret: s3cret, a: b }", shown: "  fitbit: { type: T, client_secret: …"),
    Example(
      testDescription: "a reference is no secret", text: "    client_secret: \"#{client_secret}\"\n    base_url: \"#{api}\"",
      shown: "    client_secret: \"#{client_secret}\"\n    base_url: \"#{api}\""),
    Example(testDescription: "a reference and more", text: "    client_secret: \"#{a}s3cret\"", shown: "    client_secret: …"),
    Example(testDescription: "the value in use, anywhere", text: "# in-use\nflow: in-use", shown: "# …\nflow: …"),
    Example(testDescription: "anything else", text: "flow: f\n\n  - name: a: b\n    to: { success: x }", shown: "flow: f\n\n  - name: a: b\n    to: { success: x }"),
  ]

  @Test("secrets are hidden, everything else stays", arguments: examples)
  func hidden(_ example: Example) {
    #expect(Self.mask.lines(of: example.text).joined(separator: "\n") == example.shown)
    #expect(!Self.mask.lines(of: example.text).joined().contains("cret\"") || example.text.contains("#{client_secret}"))
  }
}
