import Foundation
import Testing

@testable import FlowSimulator

@Suite("The persistent state of a simulator")
struct StateTests {
  @Test("a second simulator finds the tokens and the clock that the first left")
  func survives() async throws {
    let folder = try TestFolder()
    let first = try simulator { $0.stateFolder = folder.path }
    var client = try await WireClient.signedIn(first)
    try first.advance(by: .seconds(3600))
    let second = try simulator { $0.stateFolder = folder.path }
    #expect(second.now == first.now)
    #expect(try second.enrolments().first?.refreshToken == client.refreshToken)
    client = client.moved(to: second)
    #expect(try await client.get("/1/user/-/profile.json").status == 200)
    #expect(try second.tokensEverIssued().contains(client.accessToken))
  }

  @Test("two processes at once see each other's rotations")
  func shared() async throws {
    let folder = try TestFolder()
    let first = try simulator { $0.stateFolder = folder.path }
    let second = try simulator { $0.stateFolder = folder.path }
    var client = try await WireClient.signedIn(first)
    for turn in 0..<6 {
      client = client.moved(to: turn % 2 == 0 ? second : first)
      try await client.refresh()
      #expect(try await client.get("/1/user/-/profile.json").status == 200)
    }
  }

  @Test("with a grace period, a lost response can be requested again in the next process")
  func lostAcrossProcesses() async throws {
    let folder = try TestFolder()
    func lenient() throws -> Simulator {
      try simulator {
        $0.stateFolder = folder.path
        $0.refreshGraceSeconds = 120
      }
    }
    let client = try WireClient(try lenient(), "P0001")
    let lost = try await client.requestToken(client.refreshToken).text
    let next = client.moved(to: try lenient())
    #expect(try await next.requestToken(next.refreshToken).text == lost)
  }

  @Test("no state file contains a token")
  func noSecrets() async throws {
    let folder = try TestFolder()
    let simulator = try simulator { $0.stateFolder = folder.path }
    let client = try await WireClient.signedIn(simulator)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      let text = try String(contentsOfFile: folder.path + "/" + name, encoding: .utf8)
      #expect(!text.contains(client.refreshToken) && !text.contains(client.accessToken))
    }
  }

  @Test("a folder of a different simulation is rejected")
  func otherSimulation() throws {
    let folder = try TestFolder()
    _ = try simulator { $0.stateFolder = folder.path }
    #expect(throws: SimulatorError.otherSimulation(folder: folder.path)) {
      try simulator {
        $0.stateFolder = folder.path
        $0.seed = 2
      }
    }
  }

  @Test("a damaged file is rejected, not treated as new")
  func damaged() async throws {
    let folder = try TestFolder()
    let simulator = try simulator { $0.stateFolder = folder.path }
    _ = try await WireClient.signedIn(simulator)
    let file = folder.path + "/tokens-1.json"
    try Data("{".utf8).write(to: URL(fileURLWithPath: file))
    #expect(throws: SimulatorError.damagedState(file)) { try simulator.enrolments() }
  }

  @Test("participant files are written once, readable by their owner only")
  func participantFiles() async throws {
    let folder = try TestFolder()
    let path = folder.path + "/participants"
    let simulator = try simulator()
    try simulator.writeParticipants(to: path, markedAsSimulator: true)
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    #expect(names.count == 25)
    let file = path + "/P0001.json"
    let attributes = try FileManager.default.attributesOfItem(atPath: file)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    let written = try Data(contentsOf: URL(fileURLWithPath: file))
    let object = try #require(try JSONSerialization.jsonObject(with: written) as? [String: String])
    #expect(object["participant"] == "P0001")
    #expect(object["provider"] == "simulator")
    #expect(object["zone"] == "America/Chicago")
    #expect(object["previous_sync"]?.hasPrefix("2026-03-08T00:") == true)

    _ = try await WireClient.signedIn(simulator)
    try FileManager.default.removeItem(atPath: path + "/P0002.json")
    try simulator.writeParticipants(to: path, markedAsSimulator: false)
    #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == written, "an existing file is left alone")
    let second = try String(contentsOfFile: path + "/P0002.json", encoding: .utf8)
    #expect(!second.contains("provider"))
  }
}
