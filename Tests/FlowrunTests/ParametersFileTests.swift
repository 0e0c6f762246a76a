import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("A file of parameters")
struct ParametersFileTests {
  private let binary: BuiltBinary
  private let flow = """
    flow: hello
    parameters:
      count: { environment: HELLO_COUNT, default: 1 }
      secret: { default: "", sensitive: true }
      folder: { default: out }
    processors:
      - { name: make, type: GenerateFlowFile, properties: { count: "#{count}" }, to: { success: keep } }
      - { name: keep, type: PutFile, properties: { folder: "#{folder}" }, to: { success: drop } }
    """

  init() throws {
    binary = try BuiltBinary()
    try binary.write(flow, to: "hello.yaml")
    try binary.write("count: 3\n", to: "study.yaml")
  }

  private func created(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> Int? {
    let result = try await binary.run(["run", "hello.yaml", "--format", "json"] + arguments, environment: environment)
    #expect(result.exit == 0, "\(result.errors)")
    return (try result.json()["flowfiles"] as? [String: Any])?["created"] as? Int
  }

  @Test("is named by an option or by the environment, comes after -p and before a parameter's own variable")
  func order() async throws {
    #expect(try await created(["--parameters", "study.yaml"], ["HELLO_COUNT": "5"]) == 3)
    #expect(try await created([], ["FLOWRUN_PARAMETERS": "study.yaml", "HELLO_COUNT": "5"]) == 3)
    #expect(try await created(["--parameters", "study.yaml", "-p", "count=2"]) == 2)
    #expect(try await created([], ["HELLO_COUNT": "5"]) == 5)
  }

  @Test("holds a sensitive value only if no other user can read it, and no message shows it")
  func sensitive() async throws {
    try binary.write("secret: hushhush\n", to: "study.yaml")
    let path = binary.folder.path("study.yaml")
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    let open = try await binary.run(["validate", "hello.yaml", "--parameters", "study.yaml"])
    #expect(open.exit == 78)
    #expect(open.errors.contains("study.yaml:1:9: error: parameter 'secret'") && open.errors.contains("chmod 600 study.yaml"), "\(open.errors)")
    #expect(!open.errors.contains("hushhush"))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    #expect(try await binary.run(["validate", "hello.yaml", "--parameters", "study.yaml"]).exit == 0)
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var exit: Int32
    var says: String
    var testDescription: String { arguments.joined(separator: " ") }
  }

  @Test(
    "and other given values are judged before anything starts",
    arguments: [
      Wrong(arguments: ["--parameters", "nothere.yaml"], exit: 64, says: "--parameters nothere.yaml"),
      Wrong(arguments: ["--parameters", "wrong.yaml"], exit: 78, says: "wrong.yaml:1:8: error: parameter 'cuont': the flow has no such parameter; did you mean 'count'?"),
      Wrong(arguments: ["-p", "count=many"], exit: 78, says: "error: -p count: the value is 'many'; expected a whole number"),
      Wrong(arguments: ["-p", "folder=out\u{A0}"], exit: 78, says: "character 4 of the value (the last one) is a no-break space (U+00A0)"),
      Wrong(arguments: ["-p", "folder=~/out"], exit: 78, says: "expected the folder written out: \"$HOME/…\""),
      Wrong(arguments: ["-p", "secret=@hidden"], exit: 78, says: "hidden:1:5: error: parameter 'secret': character 5 of the value (the last one) is a zero width space (U+200B)"),
      Wrong(arguments: ["-p", "secret=@utf16"], exit: 78, says: "utf16: error: parameter 'secret': the file is UTF-16; expected UTF-8"),
      Wrong(arguments: ["-p", "secret=@~/hidden"], exit: 64, says: "expected the folder written out"),
      Wrong(arguments: ["--errors", "~/errors"], exit: 64, says: "--errors is '~/errors'; expected the folder written out"),
    ])
  func wrong(_ wrong: Wrong) async throws {
    try binary.write("cuont: 3\n", to: "wrong.yaml")
    try binary.write("hush\u{200B}\n", to: "hidden")
    try Data([0xFF, 0xFE, 0x68, 0x00]).write(to: URL(filePath: binary.folder.path("utf16")))
    let result = try await binary.run(["run", "hello.yaml"] + wrong.arguments)
    #expect(result.exit == wrong.exit, "\(result.errors)")
    #expect(result.errors.contains(wrong.says), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: binary.folder.path("out")))
  }
}
