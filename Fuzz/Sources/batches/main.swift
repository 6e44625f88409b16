import FuzzDriver
import FuzzEntries

_ = FuzzDriver.run { bytes, count in
    RecordsFuzzEntries.batches(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
