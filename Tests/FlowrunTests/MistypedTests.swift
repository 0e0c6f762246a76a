import Testing

@Suite("Words that were mistyped")
struct MistypedTests {
  @Test(
    "the nearest command, choice or option is named, and the exit code is 64",
    arguments: [
      ("valdate", "did you mean 'validate'?"), ("errors lsit", "did you mean 'errors list'?"), ("runs shwo", "did you mean 'runs show'?"),
      ("tokens retyr", "did you mean 'tokens retry'?"), ("participants lsit", "did you mean 'participants list'?"), ("audit verfy", "did you mean 'audit verify'?"),
      ("participants widthdraw Flows/fitbit.yaml P0001", "did you mean 'participants withdraw'?"),
      ("errors bulletins", "there is no command 'errors bulletins', nor a file bulletins; available: list, show, export, discard;"),
      ("bulletins", "the bulletins of a run are in 'flowrun runs show'"),
      ("replay f.yaml --cause bad_dta", "Did you mean 'bad_data'? Please provide one of the following:"),
      ("replay f.yaml --cause bad", "Did you mean one of bad_request, bad_data, bad_participant_file?"), ("graph f.yaml --format sgv", "Did you mean 'svg'? Please"),
      ("runs --state=", "--state is ''; expected a file or a folder"),
    ])
  func nearest(words: String, expected: String) async throws {
    let result = try await BuiltBinary().run(words.split(separator: " ").map(String.init))
    #expect(result.exit == 64 && result.errors.contains(expected), "\(words): \(result.errors)")
  }

  @Test("an empty path is a mistake of the option that it was given to", arguments: ["--state", "--errors", "--parameters", "--metrics-textfile"])
  func empty(option: String) async throws {
    let result = try await BuiltBinary().run(["hello.yaml", option, ""])
    #expect(result.exit == 64 && result.errors == "error: \(option) is ''; expected a file or a folder; leave the option out for its default\n", "\(result.errors)")
  }

  @Test("a subcommand, its help, and a flow file without an ending are what they are")
  func right() async throws {
    let binary = try BuiltBinary()
    try binary.write("flow: hello\nprocessors:\n  - { name: begin, type: GenerateFlowFile, properties: { count: 1 }, to: { success: drop } }\n", to: "hello")
    #expect(try await binary.run(["hello"]).exit == 0)
    #expect(try await binary.run(["runs", "list"]).exit == 0)
    #expect(try await binary.run(["runs", "help"]).errors.contains("there is no command") == false)
    #expect(try await binary.run(["tokens", "hello"]).errors.contains("there is no command") == false)
  }
}
