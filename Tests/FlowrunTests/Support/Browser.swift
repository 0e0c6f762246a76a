import FlowCore
import FlowHTTP
import Foundation
import StudyParticipants

/// A participant at a browser: opens the link that a command prints, decides on the provider's page, and goes where it sends.
struct Browser {
  private let transport = CurlTransport(CurlTransport.Options(version: "test"))

  struct NoLink: Error {}

  /// The link that a running command has printed, waited for.
  func link(in file: String) async throws -> String {
    let time = DispatchTimeSource()
    let end = time.monotonic + .seconds(60)
    while time.monotonic < end {
      let text = try String(contentsOfFile: file, encoding: .utf8)
      if let line = text.split(separator: "\n").dropLast(text.hasSuffix("\n") ? 0 : 1).first(where: { $0.hasPrefix("http") }) { return String(line) }
      await time.sleep(for: .milliseconds(20))
    }
    throw NoLink()
  }

  func page(_ link: String) async throws -> HTTPResponse { try await transport.send(HTTPRequest(url: link)) }

  /// Where the provider's page sends the browser.
  /// - Parameter leavingOut: scopes whose box is not ticked.
  func decide(_ link: String, participant: String?, leavingOut: Set<String> = []) async throws -> String {
    var form = ["decision=\(participant == nil ? "deny" : "accept")", "participant=\(participant ?? "")"]
    let asked = URLComponents(string: link)?.queryItems?.first { $0.name == "scope" }?.value ?? ""
    for scope in asked.split(separator: " ") where !leavingOut.contains(String(scope)) {
      form.append("scope." + (String(scope).addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "") + "=on")
    }
    let answer = try await transport.send(HTTPRequest(method: "POST", url: link, body: Array(form.joined(separator: "&").utf8)))
    return answer.headers["Location"] ?? ""
  }

  func close() async throws { try await transport.close() }
}
