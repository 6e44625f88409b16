/// A chain as one connection meets it, with the plans for its client: what a request keeps until its response comes, so that
/// an exchange of the chain in between changes nothing for it.
final class PlannedChain {
    let chain: ConnectionChain
    let plans: PlanTable

    init(chain: ConnectionChain, plans: PlanTable) {
        self.chain = chain
        self.plans = plans
    }
}
