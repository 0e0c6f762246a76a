import FlowBase
import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("What the guide has people type works")
struct GuideTests {
  static let folder = BuiltBinary.repository.appending(path: "Sources/flowrun/Guide.docc")
  static let pages = (try? FileManager.default.contentsOfDirectory(atPath: folder.path()))?.filter { $0.hasSuffix(".md") }.sorted() ?? []

  /// Addresses of the pages, and what has their place here.
  private struct Place {
    var study: Study
    var ports: [String: Int]

    /// The provider is the simulator, and servers take ports that are free here.
    func translated(_ text: String) -> String {
      var text = text.replacing("https://health.googleapis.com", with: study.url).replacing(" -p 8080", with: "")
      for (named, free) in ports { text = text.replacing("127.0.0.1:\(named)", with: "127.0.0.1:\(free)").replacing("--port \(named)", with: "--port \(free)") }
      if text.hasPrefix("flowrun serve "), !text.contains("--listen"), let port = ports["8080"] {
        text = text.replacing("flowrun serve ", with: "flowrun serve --listen 127.0.0.1:\(port) ", maxReplacements: 1)
      }
      return text
    }
  }

  @Test("a page's commands, from an empty folder and in its order", .timeLimit(.minutes(5)), arguments: pages)
  func commands(_ name: String) async throws {
    let page = GuidePage(try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8))
    guard !page.steps.isEmpty else { return }
    let study = try await Study(participants: 3, days: 2, flow: "google-health", store: .file)
    let folder = study.binary.folder
    // The folder of a person who has installed flowrun: Flows, and the program on the path.
    try FileManager.default.copyItem(at: BuiltBinary.repository.appending(path: "Flows"), to: URL(filePath: folder.path("Flows")))
    try FileManager.default.createDirectory(atPath: folder.path("bin"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: folder.path("bin/flowrun"), withDestinationPath: BuiltBinary.executable.path())
    if name != "Participants.md" { try FileManager.default.moveItem(atPath: folder.path("participants"), toPath: folder.path("batch-a")) }
    try study.binary.write("secret\n", to: "client-secret")
    let place = Place(study: study, ports: ["8080": try FreePort.find(), "8081": try FreePort.find(), "8095": try FreePort.find()])
    var script = "stop() { for job in $jobs; do kill -INT $job; done; wait; }\njobs=\ntrap stop EXIT\n"
    for (number, step) in page.steps.enumerated() {
      switch step {
      case .file(let file, let text): script += "cat >\(file) <<'END'\n\(place.translated(text))END\nchmod 600 \(file)\n"
      case .command(let text, _) where step.isServer:
        // It is there when its address is.
        let output = "server.\(number)"
        script += "\(place.translated(text.replacing(#/ +#.*/#, with: ""))) >\(output) 2>&1 & server=$!\njobs=\"$jobs $server\"\n"
        script += "until grep -q http:// \(output); do kill -0 $server || { cat \(output) >&2; exit 99; }; sleep 0.1; done\n"
      case .command(let text, let exit):
        script += "\(place.translated(text))\ncode=$?\n"
        script += "[ $code = \(exit) ] || { printf '%s\\nexit %s, expected \(exit)\\n' \(Self.quoted(text)) $code >&2; exit 99; }\n"
      }
    }
    try study.binary.write(script, to: "page.sh")
    let result = try await study.binary.run(
      [], environment: ["PATH": "\(folder.path("bin")):/usr/bin:/bin", "GOOGLE_CLIENT_ID": "study", "GOOGLE_CLIENT_SECRET": "secret"],
      through: ["/bin/sh", folder.path("page.sh")])
    #expect(result.exit == 0, "\(result.errors)\(result.output)")
    await study.simulator.stop()
  }

  @Test("every page is linked from README, and every link leads to a file")
  func links() throws {
    let readme = try String(contentsOf: BuiltBinary.repository.appending(path: "README.md"), encoding: .utf8)
    for page in Self.pages { #expect(readme.contains("(Sources/flowrun/Guide.docc/\(page)"), "\(page)") }
    let files = ["README.md"] + Self.pages.map { "Sources/flowrun/Guide.docc/\($0)" }
    for file in files {
      let url = BuiltBinary.repository.appending(path: file)
      let text = try String(contentsOf: url, encoding: .utf8)
      for link in text.matches(of: #/\]\(([^):#]+)(#[^)]*)?\)/#) {
        let target = url.deletingLastPathComponent().appending(path: String(link.1))
        #expect(FileManager.default.fileExists(atPath: target.path()), "\(file): \(link.1)")
      }
    }
  }

  @Test("every cause of an error entry is explained under troubleshooting")
  func causes() throws {
    let page = try String(contentsOf: Self.folder.appending(path: "Troubleshooting.md"), encoding: .utf8)
    var causes: Set<String> = []
    for file in ["Sources/FlowCore/FlowFile/FlowFileFailure.swift", "Sources/StudyModel/Causes.swift"] {
      let source = try String(contentsOf: BuiltBinary.repository.appending(path: file), encoding: .utf8)
      causes.formUnion(source.matches(of: #/= Cause\("([a-z_]+)"/#).map { String($0.1) })
    }
    #expect(causes.count > 10)
    for cause in causes { #expect(page.contains("`\(cause)`"), "\(cause)") }
  }

  private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
