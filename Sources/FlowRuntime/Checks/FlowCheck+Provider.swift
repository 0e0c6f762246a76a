import FlowCore
import FlowSimulator
import StudyModel
import StudyParticipants

extension FlowCheck {
  /// A clock that is off by more than this is worth a word. S3 refuses requests that are off by a quarter of an hour.
  private static let clockTolerance = Duration.seconds(60)
  private static let patience = Duration.seconds(20)

  /// Asks the provider and its token endpoint without any token: whatever they answer, they can be reached. Then compares the clocks.
  func reach(_ provider: OAuthProvider) async -> [CheckFinding] {
    let settings = provider.settings
    if isSimulated { return [.ok("provider", "the bundled simulator, inside the run's process; no real provider is asked")] }
    let (data, answer) = await ask("provider", settings.address.base + provider.wire.probePath, shown: settings.address.base, of: provider)
    let (token, tokenAnswer) = await ask("token endpoint", settings.tokenURL, shown: settings.tokenURL, of: provider)
    return [data, token] + [(answer ?? tokenAnswer).flatMap(clock)].compactMap { $0 }
  }

  private func ask(_ check: String, _ url: String, shown: String, of provider: OAuthProvider) async -> (CheckFinding, HTTPResponse?) {
    let settings = provider.settings
    let request = HTTPRequest(
      url: url, connectTimeout: min(settings.connectTimeout, Self.patience), timeout: min(settings.timeout, Self.patience), bodyLimitBytes: 1 << 20)
    do {
      let answer = try await environment.transport.send(request)
      // Only the wire's own word for it stops a run.
      let fault = provider.wire.judge(status: answer.status, headers: answer.headers, body: answer.body)
      if answer.status == 410, fault.stopsRun {
        let next = "see the provider's announcements; the address has been taken down"
        return (.failed(check, "\(shown) answers 410: \(fault.message)", next: next, exit: .unavailable), answer)
      }
      let over = shown.hasPrefix("https:") ? " over TLS" : ""
      let simulator = Self.isSimulator(answer) ? "; it is flowrun's simulator" : ""
      if answer.status >= 500 {
        let next = "the provider is in trouble; runs repeat such requests, and defer what stays unanswered"
        return (.warn(check, "\(shown) answers \(answer.status)\(over)", next: next), answer)
      }
      return (.ok(check, "\(shown) answers\(over)\(simulator)"), answer)
    } catch let error as TransportError {
      let next = error.kind == .tls
        ? "see the certificate and this machine's authorities; on a network that terminates TLS, name its authority with ca_file"
        : "check the address, the network and the proxy (https_proxy): curl -v \(CommandHint.quoted(shown))"
      return (.failed(check, "\(shown) does not answer: \(error.message)", next: next, exit: .unavailable), nil)
    } catch {
      return (.failed(check, "\(shown) does not answer: \(error)", next: "check the address and the network", exit: .unavailable), nil)
    }
  }

  private static func isSimulator(_ answer: HTTPResponse) -> Bool { answer.headers["Server"] == Simulator.serverName }

  /// nil if the answer has no time.
  private func clock(_ answer: HTTPResponse) -> CheckFinding? {
    let check = "clock"
    if Self.isSimulator(answer) { return .ok(check, "the simulator's time is its own, and is not compared") }
    guard let told = answer.headers["Date"].flatMap({ Instant(httpDate: $0) }) else { return nil }
    let difference = environment.time.now - told, size = difference < .zero ? .zero - difference : difference
    guard size > Self.clockTolerance else { return .ok(check, "this machine and the provider agree on the time") }
    let way = difference < .zero ? "behind" : "ahead of"
    return .warn(
      check, "this machine's clock is \(size.wholeMilliseconds / 1000) s \(way) the provider's (\(told.text))",
      next: "set it (timedatectl set-ntp true): the expiry of tokens, the age of answers and signatures depend on it")
  }
}
