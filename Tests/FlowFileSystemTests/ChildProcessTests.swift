import FlowCore
import FlowFileSystem
import FlowTesting
import Foundation
import Testing

@Suite("A program that is started")
struct ChildProcessTests {
  private let folder: TemporaryFolder
  private let fileSystem = POSIXFileSystem()

  init() throws { folder = try TemporaryFolder() }

  /// What `sh -c` writes.
  private func written(_ script: String, environment: [String: String]? = nil, in place: String? = nil) throws -> (text: String, ending: ChildProcess.Ending) {
    let input = try fileSystem.open("/dev/null", .read), output = try fileSystem.open(folder.path("out"), .replace(mode: 0o600))
    let child = try ChildProcess.start(["/bin/sh", "-c", script], environment: environment, folder: place, input: input, output: output, errors: output)
    for descriptor in [input, output] { fileSystem.close(descriptor) }
    let ending = try child.wait()
    return (try String(contentsOfFile: folder.path("out"), encoding: .utf8), ending)
  }

  @Test("runs where it is told, with the variables that it is given and no others, and writes where it is told")
  func places() throws {
    try fileSystem.makeFolder(folder.path("there"))
    let (text, ending) = try written("echo one; echo two >&2; pwd -P; echo \"$COLOUR ${HOME-none}\"", environment: ["COLOUR": "dark blue"], in: folder.path("there"))
    let place = URL(filePath: folder.path("there")).resolvingSymlinksInPath().path
    #expect(text == "one\ntwo\n\(place)\ndark blue none\n")
    #expect(ending == .exit(code: 0))
  }

  @Test("has this process's variables if it is given none")
  func inherited() throws {
    #expect(try written("echo \"$PATH\"").text == ProcessInfo.processInfo.environment["PATH", default: ""] + "\n")
  }

  @Test("its exit code, or the signal that ended it", arguments: [("exit 7", ChildProcess.Ending.exit(code: 7)), ("kill -KILL $$", .signal(9)), ("kill -TERM $$", .signal(15))])
  func endings(script: String, ending: ChildProcess.Ending) throws {
    #expect(try written(script).ending == ending)
  }

  @Test("one that is not there is refused with its path")
  func absent() throws {
    let input = try fileSystem.open("/dev/null", .read), path = folder.path("nothing")
    defer { fileSystem.close(input) }
    let error = #expect(throws: FileSystemError.self) { try ChildProcess.start([path], input: input, output: 2) }
    #expect(error?.isNotThere == true && error?.path == path)
  }

  @Test("holds nothing of this process but its three descriptors, however long it lives")
  func descriptors() throws {
    // Without the flag that closes them when a program is started, as libraries may make them.
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { close(ends[0]) }
    let held = Pipe(), output = try fileSystem.open("/dev/null", .readWrite(mode: 0o600))
    let child = try ChildProcess.start(["/bin/sh", "-c", "cat; exit 0"], input: held.fileHandleForReading.fileDescriptor, output: output)
    fileSystem.close(output)
    close(ends[1])
    // The end of the pipe is seen while the program lives.
    var wanted = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
    var byte: UInt8 = 0
    let hasEnded = poll(&wanted, 1, 10_000) == 1 && read(ends[0], &byte, 1) == 0
    #expect(hasEnded)
    // It would not end by itself if it held the other end of its own input.
    if !hasEnded { child.signalGroup(SIGKILL) }
    try held.fileHandleForWriting.close()
    #expect(try child.wait() == .exit(code: 0))
  }
}
