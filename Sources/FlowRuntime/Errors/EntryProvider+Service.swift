import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants

extension EntryProvider {
  /// The provider of a service type; nil if the type is not a provider.
  package init?(serviceType: String, address: String) {
    switch serviceType {
    case FitbitWebAPI.descriptor.type: self.init(name: FitbitWire().provider, address: address)
    case GoogleHealthAPI.descriptor.type: self.init(name: GoogleHealthWire().provider, address: address)
    default: return nil
    }
  }
}
