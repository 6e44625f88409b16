import FuzzDriver
import FuzzEntries

_ = FuzzDriver.run { bytes, count in
    FuzzEntries.records(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
