import Crypto
import FlowBase

/// Message digests by the names Java knows them by.
enum Digests {
  static func digest(_ bytes: some Sequence<UInt8>, algorithm: String) throws(EvaluationError) -> [UInt8] {
    let data = Array(bytes)
    switch algorithm.uppercased() {
    case "MD5": return Array(Insecure.MD5.hash(data: data))
    case "SHA-1", "SHA", "SHA1": return Array(Insecure.SHA1.hash(data: data))
    case "SHA-256", "SHA256": return Array(SHA256.hash(data: data))
    case "SHA-384", "SHA384": return Array(SHA384.hash(data: data))
    case "SHA-512", "SHA512": return Array(SHA512.hash(data: data))
    default:
      let hint = NearestName.suggestion(for: algorithm, among: names).map { "; \($0)" } ?? ""
      throw EvaluationError("'hash' knows no algorithm '\(algorithm)'" + hint)
    }
  }

  private static let names = ["MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"]
}
