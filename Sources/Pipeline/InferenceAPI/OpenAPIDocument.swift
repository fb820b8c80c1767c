/// The description of the HTTP API that `/openapi.json` gives out. Written by scripts/embed-openapi.
enum OpenAPIDocument {
    /// What schemas/openapi.json says.
    static let text = #"""
        {
          "openapi": "3.1.0",
          "info": {
            "title": "iotpipe infer",
            "version": "1.0.0",
            "description": "Classification over HTTP: the Open Inference Protocol v2 (REST) and a plain POST /classify.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
          },
          "security": [{"token": []}, {}],
          "tags": [
            {"name": "v2", "description": "The Open Inference Protocol, as KServe and Triton speak it."},
            {"name": "classify", "description": "One picture, five classes."},
            {"name": "service", "description": "Health, metrics, this description."}
          ],
          "paths": {
            "/v2": {
              "get": {
                "tags": ["v2"],
                "operationId": "serverMetadata",
                "summary": "Name, version and extensions of the server",
                "responses": {
                  "200": {
                    "description": "The server.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Server"}}}
                  },
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Closed"}
                }
              }
            },
            "/v2/health/live": {
              "get": {
                "tags": ["v2"],
                "operationId": "serverLive",
                "summary": "Whether the process runs; needs no token",
                "security": [],
                "responses": {
                  "200": {
                    "description": "It does.",
                    "content": {
                      "application/json": {
                        "schema": {"type": "object", "required": ["live"], "properties": {"live": {"const": true}}}
                      }
                    }
                  }
                }
              }
            },
            "/v2/health/ready": {
              "get": {
                "tags": ["v2"],
                "operationId": "serverReady",
                "summary": "Whether the model is warm; needs no token",
                "security": [],
                "responses": {
                  "200": {
                    "description": "It is.",
                    "content": {
                      "application/json": {
                        "schema": {"type": "object", "required": ["ready"], "properties": {"ready": {"const": true}}}
                      }
                    }
                  },
                  "503": {"$ref": "#/components/responses/Unavailable"}
                }
              }
            },
            "/v2/models/{name}": {
              "parameters": [{"$ref": "#/components/parameters/name"}],
              "get": {
                "tags": ["v2"],
                "operationId": "modelMetadata",
                "summary": "The model's tensors",
                "responses": {
                  "200": {
                    "description": "The model.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Model"}}}
                  },
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Closed"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "503": {"$ref": "#/components/responses/Unavailable"}
                }
              }
            },
            "/v2/models/{name}/versions/{version}": {
              "parameters": [{"$ref": "#/components/parameters/name"}, {"$ref": "#/components/parameters/version"}],
              "get": {
                "tags": ["v2"],
                "operationId": "modelMetadataOfVersion",
                "summary": "The model's tensors",
                "responses": {
                  "200": {
                    "description": "The model.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Model"}}}
                  },
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Closed"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "503": {"$ref": "#/components/responses/Unavailable"}
                }
              }
            },
            "/v2/models/{name}/ready": {
              "parameters": [{"$ref": "#/components/parameters/name"}],
              "get": {
                "tags": ["v2"],
                "operationId": "modelReady",
                "summary": "Whether the model is warm",
                "responses": {
                  "200": {
                    "description": "It is.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "required": ["name", "ready"],
                          "properties": {"name": {"const": "resnet50"}, "ready": {"const": true}}
                        }
                      }
                    }
                  },
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Closed"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "503": {"$ref": "#/components/responses/Unavailable"}
                }
              }
            },
            "/v2/models/{name}/versions/{version}/ready": {
              "parameters": [{"$ref": "#/components/parameters/name"}, {"$ref": "#/components/parameters/version"}],
              "get": {
                "tags": ["v2"],
                "operationId": "modelReadyOfVersion",
                "summary": "Whether the model is warm",
                "responses": {
                  "200": {
                    "description": "It is.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "required": ["name", "ready"],
                          "properties": {"name": {"const": "resnet50"}, "ready": {"const": true}}
                        }
                      }
                    }
                  },
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Closed"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "503": {"$ref": "#/components/responses/Unavailable"}
                }
              }
            },
            "/v2/models/{name}/infer": {
              "parameters": [{"$ref": "#/components/parameters/name"}],
              "post": {
                "tags": ["v2"],
                "operationId": "infer",
                "summary": "Classify a batch of pictures of one size",
                "description": "Either all in JSON, or with the pixels as binary data behind the JSON, whose length is then in Inference-Header-Content-Length. At most 64 pictures, 8,388,608 pixels and 32 MiB.",
                "parameters": [
                  {
                    "name": "Inference-Header-Content-Length",
                    "in": "header",
                    "description": "Bytes of the JSON at the body's start, where binary data follow.",
                    "schema": {"type": "integer", "minimum": 0}
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {"$ref": "#/components/schemas/InferenceRequest"},
                      "example": {
                        "inputs": [
                          {"name": "image", "datatype": "UINT8", "shape": [1, 1, 2, 3], "data": [255, 0, 0, 0, 0, 255]}
                        ]
                      }
                    },
                    "application/octet-stream": {
                      "schema": {"description": "The JSON of an InferenceRequest, then the input's bytes."}
                    }
                  }
                },
                "responses": {
                  "200": {
                    "description": "The outputs that were asked for, or both. Where one is binary, its data follow the JSON.",
                    "headers": {
                      "Inference-Header-Content-Length": {
                        "description": "Bytes of the JSON, where binary data follow.",
                        "schema": {"type": "integer"}
                      }
                    },
                    "content": {
                      "application/json": {"schema": {"$ref": "#/components/schemas/InferenceResponse"}},
                      "application/octet-stream": {
                        "schema": {
                          "description": "The JSON of an InferenceResponse, then the data of its binary outputs in order."
                        }
                      }
                    }
                  },
                  "400": {"$ref": "#/components/responses/Malformed"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Closed"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "405": {"$ref": "#/components/responses/MethodNotAllowed"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "503": {"$ref": "#/components/responses/Unavailable"},
                  "504": {"$ref": "#/components/responses/TimedOut"}
                }
              }
            },
            "/v2/models/{name}/versions/{version}/infer": {
              "parameters": [{"$ref": "#/components/parameters/name"}, {"$ref": "#/components/parameters/version"}],
              "post": {
                "tags": ["v2"],
                "operationId": "inferOfVersion",
                "summary": "Classify a batch of pictures of one size",
                "description": "Either all in JSON, or with the pixels as binary data behind the JSON, whose length is then in Inference-Header-Content-Length. At most 64 pictures, 8,388,608 pixels and 32 MiB.",
                "parameters": [
                  {
                    "name": "Inference-Header-Content-Length",
                    "in": "header",
                    "description": "Bytes of the JSON at the body's start, where binary data follow.",
                    "schema": {"type": "integer", "minimum": 0}
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {"$ref": "#/components/schemas/InferenceRequest"},
                      "example": {
                        "inputs": [
                          {"name": "image", "datatype": "UINT8", "shape": [1, 1, 2, 3], "data": [255, 0, 0, 0, 0, 255]}
                        ]
                      }
                    },
                    "application/octet-stream": {
                      "schema": {"description": "The JSON of an InferenceRequest, then the input's bytes."}
                    }
                  }
                },
                "responses": {
                  "200": {
                    "description": "The outputs that were asked for, or both. Where one is binary, its data follow the JSON.",
                    "headers": {
                      "Inference-Header-Content-Length": {
                        "description": "Bytes of the JSON, where binary data follow.",
                        "schema": {"type": "integer"}
                      }
                    },
                    "content": {
                      "application/json": {"schema": {"$ref": "#/components/schemas/InferenceResponse"}},
                      "application/octet-stream": {
                        "schema": {
                          "description": "The JSON of an InferenceResponse, then the data of its binary outputs in order."
                        }
                      }
                    }
                  },
                  "400": {"$ref": "#/components/responses/Malformed"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Closed"},
                  "404": {"$ref": "#/components/responses/NotFound"},
                  "405": {"$ref": "#/components/responses/MethodNotAllowed"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "503": {"$ref": "#/components/responses/Unavailable"},
                  "504": {"$ref": "#/components/responses/TimedOut"}
                }
              }
            },
            "/classify": {
              "post": {
                "tags": ["classify"],
                "operationId": "classify",
                "summary": "Classify one PNG",
                "requestBody": {
                  "required": true,
                  "content": {
                    "image/png": {"schema": {"description": "Any PNG of at most 8,388,608 pixels and 32 MiB."}}
                  }
                },
                "responses": {
                  "200": {
                    "description": "The five most probable classes, the likeliest first.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Classification"}}}
                  },
                  "400": {"$ref": "#/components/responses/Malformed"},
                  "401": {"$ref": "#/components/responses/Unauthorized"},
                  "403": {"$ref": "#/components/responses/Closed"},
                  "405": {"$ref": "#/components/responses/MethodNotAllowed"},
                  "413": {"$ref": "#/components/responses/TooLarge"},
                  "415": {"$ref": "#/components/responses/UnsupportedType"},
                  "429": {"$ref": "#/components/responses/TooMany"},
                  "503": {"$ref": "#/components/responses/Unavailable"},
                  "504": {"$ref": "#/components/responses/TimedOut"}
                }
              }
            },
            "/openapi.json": {
              "get": {
                "tags": ["service"],
                "operationId": "description",
                "summary": "This description; needs no token",
                "security": [],
                "responses": {
                  "200": {
                    "description": "OpenAPI 3.1.",
                    "content": {"application/json": {"schema": {"type": "object"}}}
                  }
                }
              }
            },
            "/health": {
              "get": {
                "tags": ["service"],
                "operationId": "health",
                "summary": "`ok` while the process runs; needs no token",
                "security": [],
                "responses": {
                  "200": {"description": "It runs.", "content": {"text/plain": {"schema": {"type": "string"}}}}
                }
              }
            },
            "/metrics": {
              "get": {
                "tags": ["service"],
                "operationId": "metrics",
                "summary": "Metrics in Prometheus' text format; needs no token",
                "security": [],
                "responses": {
                  "200": {"description": "The metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}}
                }
              }
            }
          },
          "components": {
            "securitySchemes": {
              "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "The token of --http-token-file or IOTPIPE_HTTP_TOKEN. Without one, inference is open on a loopback address and closed (403) on any other."
              }
            },
            "parameters": {
              "name": {
                "name": "name",
                "in": "path",
                "required": true,
                "description": "The model's name.",
                "schema": {"const": "resnet50"}
              },
              "version": {
                "name": "version",
                "in": "path",
                "required": true,
                "description": "The model's version, as results carry it.",
                "schema": {"type": "string"},
                "example": "0123456789ab-f32"
              }
            },
            "responses": {
              "Malformed": {
                "description": "The request is malformed: the message says where.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "Unauthorized": {
                "description": "The token is missing or wrong.",
                "headers": {"WWW-Authenticate": {"schema": {"const": "Bearer"}}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "Closed": {
                "description": "No token is set, and the address is not a loopback address.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "NotFound": {
                "description": "There is no such model or version.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "MethodNotAllowed": {
                "description": "The path has another method.",
                "headers": {"Allow": {"schema": {"type": "string"}}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "TooLarge": {
                "description": "The body or the pictures are too large.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "UnsupportedType": {
                "description": "The body has another media type, or is compressed.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "TooMany": {
                "description": "Too many requests are being worked on, or they take too much memory.",
                "headers": {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "Unavailable": {
                "description": "The model is not warm yet, the process is ending, or too many pictures wait.",
                "headers": {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "TimedOut": {
                "description": "The model has not answered within 30 seconds.",
                "headers": {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              }
            },
            "schemas": {
              "Error": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}},
              "Server": {
                "type": "object",
                "required": ["name", "version", "extensions"],
                "properties": {
                  "name": {"const": "iotpipe"},
                  "version": {"type": "string"},
                  "extensions": {"type": "array", "items": {"type": "string"}}
                }
              },
              "Model": {
                "type": "object",
                "required": ["name", "versions", "platform", "inputs", "outputs"],
                "properties": {
                  "name": {"const": "resnet50"},
                  "versions": {"type": "array", "items": {"type": "string"}},
                  "platform": {"type": "string"},
                  "inputs": {"type": "array", "items": {"$ref": "#/components/schemas/TensorMetadata"}},
                  "outputs": {"type": "array", "items": {"$ref": "#/components/schemas/TensorMetadata"}},
                  "parameters": {
                    "type": "object",
                    "properties": {
                      "precision": {"description": "What the model computes in.", "type": "string"},
                      "input_height": {"description": "What pictures are brought to.", "type": "integer"},
                      "input_width": {"type": "integer"}
                    }
                  }
                }
              },
              "TensorMetadata": {
                "type": "object",
                "required": ["name", "datatype", "shape"],
                "properties": {
                  "name": {"type": "string"},
                  "datatype": {"type": "string"},
                  "shape": {"description": "-1 is any size.", "type": "array", "items": {"type": "integer"}}
                }
              },
              "InferenceRequest": {
                "type": "object",
                "required": ["inputs"],
                "properties": {
                  "id": {"description": "Comes back in the answer.", "type": "string"},
                  "parameters": {
                    "type": "object",
                    "properties": {
                      "binary_data_output": {
                        "description": "Whether outputs that do not say are binary.",
                        "type": "boolean"
                      }
                    }
                  },
                  "inputs": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 1,
                    "items": {"$ref": "#/components/schemas/Input"}
                  },
                  "outputs": {
                    "description": "None is both.",
                    "type": "array",
                    "maxItems": 16,
                    "items": {"$ref": "#/components/schemas/RequestedOutput"}
                  }
                }
              },
              "Input": {
                "type": "object",
                "required": ["name", "datatype", "shape"],
                "properties": {
                  "name": {"const": "image"},
                  "datatype": {"const": "UINT8"},
                  "shape": {
                    "description": "[N, height, width, 3]: R, G, B. Pictures of any size are brought to the model's.",
                    "type": "array",
                    "prefixItems": [
                      {"type": "integer", "minimum": 1, "maximum": 64},
                      {"type": "integer", "minimum": 1, "maximum": 16384},
                      {"type": "integer", "minimum": 1, "maximum": 16384},
                      {"const": 3}
                    ],
                    "minItems": 4,
                    "maxItems": 4
                  },
                  "data": {"description": "0 to 255 in row-major order, flat or nested.", "type": "array"},
                  "parameters": {
                    "type": "object",
                    "properties": {
                      "binary_data_size": {"description": "In place of data: bytes behind the JSON.", "type": "integer"}
                    }
                  }
                }
              },
              "RequestedOutput": {
                "type": "object",
                "required": ["name"],
                "properties": {
                  "name": {"enum": ["probabilities", "label"]},
                  "parameters": {
                    "type": "object",
                    "properties": {
                      "binary_data": {"type": "boolean"},
                      "classification": {
                        "description": "So many best classes as `probability:index:label`, in place of the values.",
                        "type": "integer",
                        "minimum": 1
                      }
                    }
                  }
                }
              },
              "InferenceResponse": {
                "type": "object",
                "required": ["model_name", "model_version", "outputs"],
                "properties": {
                  "model_name": {"const": "resnet50"},
                  "model_version": {"type": "string"},
                  "id": {"type": "string"},
                  "outputs": {"type": "array", "items": {"$ref": "#/components/schemas/Output"}}
                }
              },
              "Output": {
                "type": "object",
                "required": ["name", "datatype", "shape"],
                "properties": {
                  "name": {"enum": ["probabilities", "label"]},
                  "datatype": {
                    "description": "FP32 for probabilities; BYTES for label and for classification.",
                    "enum": ["FP32", "BYTES"]
                  },
                  "shape": {
                    "description": "[N, classes] of probabilities, [N] of label, [N, K] of classification.",
                    "type": "array",
                    "items": {"type": "integer"}
                  },
                  "data": {"type": "array", "items": {"type": ["number", "string"]}},
                  "parameters": {"type": "object", "properties": {"binary_data_size": {"type": "integer"}}}
                }
              },
              "Classification": {
                "type": "object",
                "required": ["model", "modelVersion", "top5"],
                "properties": {
                  "model": {"const": "resnet50"},
                  "modelVersion": {"type": "string"},
                  "top5": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 5,
                    "items": {
                      "type": "object",
                      "required": ["label", "index", "probability"],
                      "properties": {
                        "label": {"type": "string"},
                        "index": {"type": "integer", "minimum": 0},
                        "probability": {"type": "number", "minimum": 0, "maximum": 1}
                      }
                    }
                  }
                }
              }
            }
          }
        }

        """#
}
