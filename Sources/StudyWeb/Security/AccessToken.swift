import FlowCore
import FlowCrypto

/// The secret that lets a person or a program use the server. Kept as a hash: what a log or a crash shows of it cannot be used.
package struct AccessToken: Sendable, Equatable {
  /// Characters; shorter tokens could be guessed.
  package static let minimumLength = 16
  private let digest: [UInt8]

  package init(_ text: String) { digest = SHA256.digest(of: Array(text.utf8)) }

  /// Takes the same time wherever the texts differ.
  package func matches(_ text: String) -> Bool {
    zip(digest, SHA256.digest(of: Array(text.utf8))).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// 128 random bits as text.
  package static func random(_ random: any RandomSource) -> String {
    Hexadecimal.text(random.next(), width: 16) + Hexadecimal.text(random.next(), width: 16)
  }

  /// Reads `--token-file`. Throws `StopRun` (`misconfigured`, exit 78) if others may read the file or it holds no token, and `FileSystemError`.
  package static func read(_ path: String, _ fileSystem: any FileSystem) throws -> AccessToken {
    func problem(_ found: String, _ expected: String, _ next: String) -> StopRun {
      StopRun(.misconfigured, .internal, "--token-file \(path): \(found); expected \(expected); \(next)")
    }
    let quoted = "'\(path)'"
    let status = try fileSystem.status(path)
    if let status, !status.isRegularFile {
      throw problem(status.isFolder ? "it is a folder" : "it is no file that keeps what it holds", "a file with the token", "name another one")
    }
    if let mode = status?.mode, mode & 0o077 != 0 {
      throw problem("its mode is 0\(String(mode & 0o777, radix: 8)), so that others can read it", "0600", "run: chmod 600 \(quoted)")
    }
    let remedy = "run: (umask 077; openssl rand -hex 16 >\(quoted))"
    let bytes = try fileSystem.read(path, limitBytes: 1 << 12)
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    guard lines.count == 1, let token = lines.first, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw problem(
        lines.isEmpty ? "it is empty" : lines.count > 1 ? "it has \(lines.count) lines" : "its line holds other characters than visible ASCII",
        "one line with the token", remedy)
    }
    guard token.utf8.count >= minimumLength else {
      throw problem("its token has \(token.utf8.count) characters", "\(minimumLength) or more", remedy)
    }
    return AccessToken(String(token))
  }
}
