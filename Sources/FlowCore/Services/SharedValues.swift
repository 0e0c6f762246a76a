/// Values that the parts of one run share, one of each type: what modules above the framework hand to their own processors and services
/// through its environment. Any thread.
package final class SharedValues: Sendable {
  private let values = Locked<[ObjectIdentifier: any Sendable]>([:])

  package init() {}

  /// The run's value of a type; the first who asks makes it.
  package func value<Value: Sendable>(of type: Value.Type = Value.self, orMake make: () -> Value) -> Value {
    values.withLock { values in
      if let value = values[ObjectIdentifier(type)] as? Value { return value }
      let value = make()
      values[ObjectIdentifier(type)] = value
      return value
    }
  }

  /// Puts a value in. Before the run begins: whoever has asked already keeps the one made then.
  package func put<Value: Sendable>(_ value: Value) { values.withLock { $0[ObjectIdentifier(Value.self)] = value } }
}
