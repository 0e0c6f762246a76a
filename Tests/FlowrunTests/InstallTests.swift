import FlowTesting
import Foundation
import Testing

/// Installs the program that the tests run, so that no release build is needed.
@Suite("Scripts/install and Scripts/package", .serialized)
struct InstallTests {
  private let binary: BuiltBinary

  init() throws {
    binary = try BuiltBinary()
    // Stands for the program, which is large in a debug build.
    try binary.write("#!/bin/sh\nexec '\(BuiltBinary.executable.path())' \"$@\"\n", to: "built")
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: binary.folder.path("built"))
  }

  /// Runs a line of shell in the repository: `$1` is the program, `$2` the folder of the test.
  private func shell(_ line: String) async throws -> BuiltBinary.Result {
    try await binary.run([binary.folder.path], through: ["/bin/sh", "-c", "cd '\(BuiltBinary.repository.path())' && export FLOWRUN_BINARY=\"$2/built\" && \(line)", "sh"])
  }

  private func text(_ path: String) throws -> String { try String(contentsOfFile: binary.folder.path("prefix/\(path)"), encoding: .utf8) }

  private func installed() async throws -> BuiltBinary.Result {
    let result = try await shell("Scripts/install \"$2/prefix\"")
    #expect(result.exit == 0, "\(result.errors)")
    return result
  }

  private static func has(_ tool: String) -> Bool { ["/usr/bin/", "/bin/"].contains { FileManager.default.isExecutableFile(atPath: $0 + tool) } }

  @Test("everything is where shells, man and people look for it, and the installed program runs")
  func places() async throws {
    let result = try await installed()
    #expect(result.errors.contains("is not on PATH: export PATH=\"\(binary.folder.path("prefix/bin")):$PATH\""))
    #expect(try text("share/bash-completion/completions/flowrun").contains("complete"))
    #expect(try text("share/zsh/site-functions/_flowrun").hasPrefix("#compdef flowrun"))
    #expect(try text("share/fish/vendor_completions.d/flowrun.fish").contains("complete -c 'flowrun'"))
    #expect(try text("share/doc/flowrun/LICENSE").hasPrefix("MIT License"))
    for library in ["GRDB.swift", "hummingbird", "swift-argument-parser", "swift-nio"] {
      #expect(try FileManager.default.contentsOfDirectory(atPath: binary.folder.path("prefix/share/doc/flowrun/licences/\(library)")).contains { $0.hasPrefix("LICENSE") })
    }
    let run = try await shell("\"$2/prefix/bin/flowrun\" validate \"$2\"/prefix/share/flowrun/Flows/*.yaml")
    #expect(run.exit == 0 && run.errors.contains("fitbit.yaml: valid, "), "\(run.errors)")
    let modes = try await shell("find \"$2/prefix\" -type f ! -perm -044; find \"$2/prefix\" -name '*~'; test -x \"$2/prefix/bin/flowrun\"")
    #expect(modes.exit == 0 && modes.output == "")
  }

  @Test("bash, zsh and fish read their completions", arguments: [
    ("bash", "-c '. \"$2/prefix/share/bash-completion/completions/flowrun\"; complete -p flowrun'"),
    ("zsh", "-n \"$2/prefix/share/zsh/site-functions/_flowrun\""), ("fish", "--no-execute \"$2/prefix/share/fish/vendor_completions.d/flowrun.fish\""),
  ])
  func completions(name: String, arguments: String) async throws {
    guard Self.has(name) else { return }
    _ = try await installed()
    let result = try await shell("\(name) \(arguments.replacing("\"$2", with: "\"\(binary.folder.path)"))")
    #expect(result.exit == 0 && result.errors == "", "\(result.errors)")
  }

  @Test("the man page names every command and every option, and troff finds nothing wrong")
  func manual() async throws {
    _ = try await installed()
    let page = try text("share/man/man1/flowrun.1").replacing("\\-", with: "-")
    let help = try await binary.run(["--experimental-dump-help"])
    let dump = try #require(try help.json()["command"] as? [String: Any])
    func commands(_ command: [String: Any], _ path: [String]) -> [(path: [String], command: [String: Any])] {
      [(path, command)]
        + (command["subcommands"] as? [[String: Any]] ?? []).filter { $0["shouldDisplay"] as? Bool != false && $0["commandName"] as? String != "help" }
        .flatMap { commands($0, path + [$0["commandName"] as? String ?? ""]) }
    }
    let all = commands(dump, [])
    #expect(all.count > 25)
    for (path, command) in all where !path.isEmpty {
      let title = ".SS flowrun \(path.joined(separator: " "))\n"
      let section = try #require(page.range(of: title), "\(path)")
      let rest = page[section.upperBound...].prefix(while: { _ in true })
      let own = rest[..<(rest.range(of: "\n.SS ")?.lowerBound ?? rest.endIndex)]
      guard (command["subcommands"] as? [Any])?.isEmpty ?? true else { continue }
      for argument in command["arguments"] as? [[String: Any]] ?? [] where argument["shouldDisplay"] as? Bool != false {
        for name in argument["names"] as? [[String: String]] ?? [] where name["name"] != "help" && name["name"] != "version" && name["name"] != "h" {
          #expect(own.contains("\\fB\(name["kind"] == "long" ? "--" : "-")\(name["name"] ?? "")\\fR"), "\(path): \(name)")
        }
      }
    }
    for code in ["65", "69", "75", "78"] { #expect(page.contains("\\fB\(code)\\fR")) }
    guard Self.has("groff") else { return }
    let checked = try await shell("groff -man -Tutf8 -ww -z \"$2/prefix/share/man/man1/flowrun.1\"")
    #expect(checked.exit == 0 && checked.errors == "", "\(checked.errors)")
  }

  @Test("the systemd units are well formed, name the installed program, and are those of README")
  func units() async throws {
    _ = try await installed()
    let readme = try String(contentsOf: BuiltBinary.repository.appending(path: "README.md"), encoding: .utf8)
    for name in ["flowrun@.service", "flowrun@.timer", "flowrun-serve.service"] {
      let sample = try String(contentsOf: BuiltBinary.repository.appending(path: "Scripts/systemd/\(name)"), encoding: .utf8)
      let unit = try text("share/flowrun/systemd/\(name)")
      #expect(unit == sample.replacing("/usr/local/bin/flowrun", with: binary.folder.path("prefix/bin/flowrun")))
      #expect(readme.contains("Scripts/systemd/\(name)"))
      for line in unit.split(separator: "\n") { #expect(line.contains(#/^(#|\[[A-Z][a-z]+\]$|[A-Za-z]+=.)/#), "\(name): \(line)") }
      for section in ["[Unit]", name.hasSuffix(".timer") ? "[Timer]" : "[Service]"] { #expect(unit.contains(section + "\n")) }
    }
    #expect(readme.contains(try String(contentsOf: BuiltBinary.repository.appending(path: "Scripts/systemd/flowrun@.timer"), encoding: .utf8)))
    guard Self.has("systemd-analyze") else { return }
    let verified = try await shell("cd \"$2/prefix/share/flowrun/systemd\" && systemd-analyze verify --man=no ./flowrun@.service ./flowrun@.timer ./flowrun-serve.service")
    #expect(verified.exit == 0 && !verified.errors.contains("flowrun"), "\(verified.errors)")
  }

  @Test("refuses what is no folder or no program, and touches nothing")
  func refusals() async throws {
    #expect(try await shell("Scripts/install --help").exit == 64)
    #expect(try await shell("Scripts/install \"$2/a\" \"$2/b\"").exit == 64)
    let absent = try await shell("FLOWRUN_BINARY=/nowhere Scripts/install \"$2/prefix\"")
    #expect(absent.exit == 64 && absent.errors.contains("/nowhere is no program; set FLOWRUN_BINARY"))
    #expect(!FileManager.default.fileExists(atPath: binary.folder.path("prefix")))
  }

  @Test("the package has what a Debian package has to have", .enabled(if: Self.has("dpkg-deb") && Self.has("strip")))
  func package() async throws {
    let made = try await shell("FLOWRUN_BINARY=\"$1\" DPKG_DEB_COMPRESSOR_TYPE=gzip DPKG_DEB_COMPRESSOR_LEVEL=1 Scripts/package \"$2/out\"")
    #expect(made.exit == 0, "\(made.errors)")
    let path = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(path.contains(#/\/out\/flowrun_[0-9.]+_[a-z0-9]+\.deb$/#))
    let control = try await shell("dpkg-deb --info '\(path)'").output
    for field in ["Package: flowrun", "Depends: ", "libc6", "libcurl", "Maintainer: ", "Description: dataflow engine", "Section: science"] { #expect(control.contains(field), "\(field)") }
    let files = try await shell("dpkg-deb --contents '\(path)'").output.split(separator: "\n").map(String.init)
    for file in [
      "./usr/bin/flowrun", "./usr/share/man/man1/flowrun.1.gz", "./usr/share/doc/flowrun/copyright", "./usr/share/doc/flowrun/changelog.gz",
      "./usr/share/bash-completion/completions/flowrun", "./usr/share/zsh/vendor-completions/_flowrun", "./usr/share/fish/vendor_completions.d/flowrun.fish",
      "./usr/share/flowrun/Flows/fitbit.yaml", "./usr/share/doc/flowrun/examples/systemd/flowrun@.timer", "./usr/share/doc/flowrun/licences/GRDB.swift/LICENSE",
    ] { #expect(files.contains { $0.hasSuffix(" " + file) }, "\(file)") }
    #expect(files.allSatisfy { $0.contains(" root/root ") })
    #expect(!files.contains { $0.contains("/usr/local/") || $0.contains("site-functions") })
    let unit = try await shell("dpkg-deb --fsys-tarfile '\(path)' | tar -xO ./usr/share/doc/flowrun/examples/systemd/flowrun@.service")
    #expect(unit.output.contains("ExecStart=/usr/bin/flowrun run /etc/flowrun/%i.yaml"))
  }
}
