print("iotpipe")
