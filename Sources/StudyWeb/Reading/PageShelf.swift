/// Keeps the things that were used last, up to a number of bytes.
struct PageShelf<Address: Hashable, Thing> {
  private struct Place {
    var thing: Thing
    var bytes: Int
    /// The number of the latest use.
    var used: Int
  }

  private let limitBytes: Int
  private var places: [Address: Place] = [:]
  private var uses = 0
  private(set) var bytes = 0

  init(limitBytes: Int) { self.limitBytes = limitBytes }

  /// Getting a thing counts as a use.
  subscript(address: Address) -> Thing? {
    mutating get {
      uses += 1
      places[address]?.used = uses
      return places[address]?.thing
    }
  }

  /// Replaces what has the address, and removes what was not used for longest to make room. A thing that is larger than all the room is not kept.
  mutating func keep(_ thing: Thing, at address: Address, bytes size: Int) {
    remove(address)
    guard size <= limitBytes else { return }
    while bytes + size > limitBytes, let oldest = places.min(by: { $0.value.used < $1.value.used })?.key { remove(oldest) }
    uses += 1
    places[address] = Place(thing: thing, bytes: size, used: uses)
    bytes += size
  }

  mutating func remove(_ address: Address) {
    guard let place = places.removeValue(forKey: address) else { return }
    bytes -= place.bytes
  }
}
