import ArgumentParser
import Testing

@testable import FlowRuntime
@testable import flowrun

@Suite("Commands that messages offer")
struct CommandHintTests {
  @Test(
    "they repeat the options that were given, quoted where a shell needs it",
    arguments: [
      ([], "flowrun replay f.yaml"),
      (["-p", "api=http://127.0.0.1:80", "-p", "from="], "flowrun replay f.yaml -p api=http://127.0.0.1:80 -p from="),
      (["--errors", "my errors", "--state", "s"], "flowrun replay f.yaml --errors 'my errors' --state s"),
      (["-p", "name=it's"], "flowrun replay f.yaml -p 'name=it'\\''s'"),
      (["-p", "client_secret=@/home/me/secret"], "flowrun replay f.yaml -p client_secret=@/home/me/secret"),
    ])
  func repeats(given: [String], command: String) throws {
    #expect(CommandHint(try FlowOptions.parse(given)).command("replay", "f.yaml") == command)
  }
}
