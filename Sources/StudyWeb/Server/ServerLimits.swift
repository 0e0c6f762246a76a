/// What one client may cost the server.
package enum ServerLimits {
  /// All header fields of a request together.
  static let headerBytes = 16 << 10
  static let headerCount = 100
  /// Path and query.
  static let addressBytes = 8 << 10
  package static let bodyBytes = 256 << 10
  /// From the first byte of a body to its last.
  static let bodyTime = Duration.seconds(20)
  /// For the header of the first request, and between two requests of a connection.
  package static let idleTime = Duration.seconds(20)
  /// For a client that reads nothing of an answer.
  package static let readerTime = Duration.seconds(60)
  /// Beyond it, new connections wait until one ends.
  static let connections = 1_000
  /// Streams of events under way.
  static let eventStreams = 200
  static let eventStreamsOfOneClient = 20
}
